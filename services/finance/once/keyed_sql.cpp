#include "finance/once/keyed_sql.hpp"

#include "finance/once/kept_answer_store.hpp"

namespace mita::finance {

void state_before::add_to(db::params& to) const {
    to.add(ledger_version);
    to.add(budget_version);
}

void keyed_answer::add_to(db::params& to) const {
    if (key == nullptr) {
        for (int i = 0; i < 6; ++i) to.add(nullptr);
    } else {
        to.add(key->scope);
        to.add(key->key);
        to.add(db::bytes{key->fingerprint});
        to.add(answer.status);
        to.add(header_lines(answer));
        to.add(answer.body);
    }
    to.add(at);
}

write_outcome outcome_of(const db::rows& rows) {
    const auto r = rows.front();
    write_outcome out;
    if (r.get<bool>(0)) {
        out.how = write_outcome::kind::written;
    } else if (!r.is_null(1)) {
        out.how = write_outcome::kind::replayed;
        out.kept = kept_from(r, 1);
    }
    return out;
}

}  // namespace mita::finance
