#include "auth/hashing/kinds_met.hpp"

#include <algorithm>
#include <utility>

namespace mita::hashing {

namespace {

const bcrypt_work* as_bcrypt(const hash_work& w) { return std::get_if<bcrypt_work>(&w); }

// PBKDF2 and scrypt, too, say their price as argon2's parameters: what costs the same is of one kind.
bool alike(const hash_work& a, const hash_work& b) {
    if (as_bcrypt(a) || as_bcrypt(b)) return as_bcrypt(a) && as_bcrypt(b);
    const auto &p = std::get<argon2_work>(a).how, &q = std::get<argon2_work>(b).how;
    return p.memory_kib == q.memory_kib && p.passes == q.passes;
}

// In microseconds of an ordinary core: 0.4 a kibibyte and pass, 60 at bcrypt's cost 0.
double price(const hash_work& w) {
    if (const auto* one = as_bcrypt(w)) return double(60ULL << std::max(one->how.cost, one->mismatch_cost));
    const auto& how = std::get<argon2_work>(w).how;
    return 0.4 * double(how.memory_kib) * how.passes;
}

bool cheaper(const hash_work& a, const hash_work& b) { return price(a) < price(b); }

}  // namespace

kinds_met::kinds_met(const hash_work& todays) { add(todays); }

void kinds_met::meet(const hash_work& one) {
    const std::lock_guard lock(mutex_);
    add(one);
}

void kinds_met::replace(const std::vector<hash_work>& present) {
    const std::lock_guard lock(mutex_);
    kinds_.resize(1);
    if (auto* todays = std::get_if<bcrypt_work>(&kinds_.front())) todays->mismatch_cost = todays->how.cost;
    for (const auto& one : present) add(one);
}

void kinds_met::add(const hash_work& one) {
    const auto known = std::ranges::find_if(kinds_, [&one](const auto& k) { return alike(k, one); });
    if (known != kinds_.end()) {
        if (const auto* cost = as_bcrypt(one)) {
            auto& most_rounds = std::get<bcrypt_work>(*known).mismatch_cost;
            most_rounds = std::max(most_rounds, cost->how.cost);
        }
        return;
    }
    kinds_.push_back(one);
    if (auto* fresh = std::get_if<bcrypt_work>(&kinds_.back())) fresh->mismatch_cost = fresh->how.cost;
    if (kinds_.size() > most) kinds_.erase(std::ranges::min_element(kinds_.begin() + 1, kinds_.end(), cheaper));
}

std::vector<hash_work> kinds_met::besides(hash_work& own) const {
    const std::lock_guard lock(mutex_);
    auto out = kinds_;
    const auto same = std::ranges::find_if(out, [&own](const auto& k) { return alike(k, own); });
    if (same != out.end()) {
        if (auto* mine = std::get_if<bcrypt_work>(&own))
            mine->mismatch_cost = std::get<bcrypt_work>(*same).mismatch_cost;
        out.erase(same);
    } else if (out.size() == most) {  // own is cheaper than any that was kept
        out.erase(std::ranges::min_element(out.begin() + 1, out.end(), cheaper));
    }
    return out;
}

}  // namespace mita::hashing
