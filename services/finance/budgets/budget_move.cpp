#include "finance/budgets/budget_move.hpp"

namespace mita::finance {

void append(json_out& out, const budget_move& m) {
    out.open('{').field("id", m.id.str()).field("month", format_period(m.over)).field("on", m.on);
    out.field("from", m.from).field("to", m.to).money("money", m.value, m.currency);
    if (m.note)
        out.field("note", *m.note);
    else
        out.null("note");
    out.field("created_at", wall::format(m.created_at)).close('}');
}

std::string tag_of(const budget_move& m) { return "m" + m.id.str(); }

}  // namespace mita::finance
