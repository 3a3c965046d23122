#include "cache/policy.hpp"

#include "cache/keyed_hash.hpp"

namespace mita::cache {

void segment_list::push_newest(entry& e) noexcept {
    e.prev = nullptr;
    e.next = newest_;
    if (newest_ != nullptr) newest_->prev = &e;
    newest_ = &e;
    if (oldest_ == nullptr) oldest_ = &e;
    bytes_ += e.weight;
    ++size_;
}

void segment_list::unlink(entry& e) noexcept {
    (e.prev != nullptr ? e.prev->next : newest_) = e.next;
    (e.next != nullptr ? e.next->prev : oldest_) = e.prev;
    e.prev = nullptr;
    e.next = nullptr;
    bytes_ -= e.weight;
    --size_;
}

void segment_list::reweigh(entry& e, std::size_t weight) noexcept {
    bytes_ = bytes_ - e.weight + weight;
    e.weight = weight;
}

policy::policy(std::size_t budget, std::size_t words, std::uint64_t seed)
    : budget_(budget),
      window_limit_(budget / 100),
      guarded_limit_((budget - budget / 100) / 5 * 4),
      sketch_(words),
      random_(seed) {}

segment_list& policy::list_of(const entry& e) noexcept {
    if (e.where == segment::window) return window_;
    return e.where == segment::guarded ? guarded_ : probation_;
}

void policy::move_to(entry& e, segment to) noexcept {
    list_of(e).unlink(e);
    e.where = to;
    e.moved = ++moves_;
    list_of(e).push_newest(e);
}

void policy::add(entry& e) noexcept {
    e.where = segment::window;
    window_.push_newest(e);
    sketch_.increment(e.hash, size());
}

void policy::touch(entry& e) noexcept {
    sketch_.increment(e.hash, size());
    const bool promote = e.where == segment::probation && e.weight <= guarded_limit_;
    // Already among the newest quarter: moving it would change nothing that matters, and would write to three
    // neighbours.
    if (e.where == segment::guarded && moves_ - e.moved < guarded_.size() / 4) return;
    move_to(e, promote ? segment::guarded : e.where);
    if (promote) guard_within_limit();
}

void policy::guard_within_limit() noexcept {
    while (guarded_.bytes() > guarded_limit_) move_to(*guarded_.oldest(), segment::probation);
}

void policy::remove(entry& e) noexcept {
    list_of(e).unlink(e);
    e.where = segment::none;
    if (newcomer_ == &e) newcomer_ = nullptr;
}

void policy::reweigh(entry& e, std::size_t weight) noexcept {
    list_of(e).reweigh(e, weight);
    guard_within_limit();
}

bool policy::admit(const entry& newcomer, const entry& resident) noexcept {
    const unsigned seen = sketch_.frequency(newcomer.hash);
    if (seen > sketch_.frequency(resident.hash)) return true;
    return seen >= warm && (next_random(random_) & 127) == 0;
}

entry* policy::next_victim(std::int64_t now, reason& why) noexcept {
    if (bytes() <= budget_) {
        // Room for all: what overflows the window walks into the main part uncontested.
        newcomer_ = nullptr;
        while (window_.bytes() > window_limit_) move_to(*window_.oldest(), segment::probation);
        return nullptr;
    }
    if (newcomer_ == nullptr && window_.bytes() > window_limit_) {
        newcomer_ = window_.oldest();
        move_to(*newcomer_, segment::probation);
    }
    entry* resident = probation_.oldest();
    if (resident == nullptr || resident == newcomer_) resident = guarded_.oldest();
    entry* loser = resident;
    why = reason::evicted;
    if (resident == nullptr) {
        loser = newcomer_ != nullptr ? newcomer_ : window_.oldest();
    } else if (newcomer_ != nullptr && resident->expires > now &&
               (newcomer_->expires <= now || !admit(*newcomer_, *resident))) {
        loser = newcomer_;
        why = reason::rejected;
    }
    if (loser->expires <= now) why = reason::expired;
    remove(*loser);
    return loser;
}

}  // namespace mita::cache
