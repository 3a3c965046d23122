#include "finance/month/plan_moves.hpp"

namespace mita::finance {

std::vector<plan_move> named_moves(const month_view& v, const std::vector<cover_move>& moves) {
    const auto name = [&v](int i) {
        return i == from_unallocated ? std::string("unallocated") : v.categories[static_cast<std::size_t>(i)].id;
    };
    std::vector<plan_move> out;
    for (const auto& m : moves) out.push_back({name(m.from), name(m.to), m.value});
    return out;
}

void append(json_out& out, const std::vector<plan_move>& moves) {
    out.open('[');
    for (const auto& m : moves)
        out.open('{').field("from", m.from).field("to", m.to).money("money", m.value).close('}');
    out.close(']');
}

}  // namespace mita::finance
