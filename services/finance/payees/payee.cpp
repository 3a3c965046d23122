#include "finance/payees/payee.hpp"

#include <string_view>

namespace mita::finance {

void append(json_out& out, const payee& p) {
    constexpr std::size_t of_an_id = 36;
    out.open('{').field("id", p.id.str()).field("name", p.name);
    if (p.category)
        out.field("category", *p.category);
    else
        out.null("category");
    out.field("archived", p.archived).key("merged").open('[');
    for (const std::string_view one : p.merged) {
        out.open('{').field("id", one.substr(0, of_an_id)).field("name", one.substr(of_an_id + 1)).close('}');
    }
    out.close(']').field("created_at", wall::format(p.created_at));
    out.field("updated_at", wall::format(p.updated_at)).close('}');
}

std::string tag_of(const payee& p) { return "y" + std::to_string(p.version); }

}  // namespace mita::finance
