#include "finance/people/profile.hpp"

#include "finance/domain/zone.hpp"

#include <stdexcept>

namespace mita::finance {

civil_day today_of(const profile& who) {
    const auto where = find_zone(who.timezone);
    if (!where) throw std::logic_error("a stored time zone is not in this system's tzdata: " + who.timezone);
    return local_today(*where, wall::now());
}

std::string plan_tag(const profile& who, civil_day today) {
    return "b" + std::to_string(who.budget_version) + ".l" + std::to_string(who.ledger_version) + "." +
           format_day(today);
}

}  // namespace mita::finance
