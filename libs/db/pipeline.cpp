#include "db/pipeline.hpp"

#include <algorithm>
#include <utility>

namespace mita::db {

pipeline::steps pipeline::plan(const call& c) {
    steps out;
    for (std::uint32_t i = 0; i < c.items.size(); ++i) {
        if (!prepared_ || c.unnamed) {
            out.push_back({i, 0, false});
            continue;
        }
        const auto [entry, fresh] = known_.try_emplace(c.items[i].what, last_id_ + 1);
        if (fresh) {
            ++last_id_;
            out.push_back({i, entry->second, true});
        }
        out.push_back({i, entry->second, false});
    }
    return out;
}

void pipeline::push(std::shared_ptr<call> c, steps s, clock::time_point now, bool synced) {
    if (flights_.empty()) head_since_ = now;
    c->sent = now;
    c->skipped = false;
    if (c->abandoned) ++abandoned_;
    flights_.push_back({std::move(c), std::move(s), synced});
}

void pipeline::sync() {
    if (!flights_.empty()) flights_.back().synced = true;
}

// Whose answer comes next; the last before the Sync also when it has all its own. Null: nothing is in flight.
pipeline::flight* pipeline::answering() {
    while (answered_ + 1 < flights_.size() && !flights_[answered_].synced &&
           flights_[answered_].next == flights_[answered_].todo.size())
        ++answered_;
    return answered_ < flights_.size() ? &flights_[answered_] : nullptr;
}

bool pipeline::on_rows(rows r) {
    auto* const f = answering();
    if (f == nullptr || f->next >= f->todo.size() || f->who->failure || f->who->skipped) return false;
    const auto& s = f->todo[f->next++];
    if (!s.prepare && !f->who->abandoned) f->who->results.push_back(std::move(r));
    return true;
}

bool pipeline::on_error(error e, bool stale_plan) {
    auto* const f = answering();
    if (f == nullptr) return false;
    if (!f->who->failure) {
        f->who->failure = std::move(e);
        f->who->stale_plan = stale_plan;
    }
    // An error may also come at the Sync itself (a deferred constraint): then no step is left.
    if (f->next < f->todo.size()) {
        const auto& s = f->todo[f->next++];
        if (s.prepare || stale_plan) forget(*f, s);
    }
    return true;
}

bool pipeline::on_aborted() {
    auto* const f = answering();
    if (f == nullptr || f->next >= f->todo.size()) return false;
    const auto& s = f->todo[f->next++];
    if (s.prepare) forget(*f, s);
    if (!f->who->failure) f->who->skipped = true;
    return true;
}

pipeline::calls pipeline::on_sync(clock::time_point now) {
    auto* const last = answering();
    if (last == nullptr || !last->synced || (last->next != last->todo.size() && !last->who->failure)) return {};
    calls out;
    for (std::size_t n = answered_ + 1; n > 0; --n) {
        auto& who = out.emplace_back(std::move(flights_.front().who));
        flights_.pop_front();
        if (who->abandoned) --abandoned_;
        who->finished = now;
    }
    answered_ = 0;
    head_since_ = now;
    return out;
}

std::size_t pipeline::head_steps() const {
    std::size_t most = 0;
    for (const auto& f : flights_) {
        most = std::max(most, f.todo.size());
        if (f.synced) break;
    }
    return most;
}

std::vector<std::shared_ptr<call>> pipeline::fail_all(const error& e, clock::time_point now) {
    std::vector<std::shared_ptr<call>> out;
    out.reserve(flights_.size());
    for (auto& f : flights_) {
        if (!f.who->failure) {
            f.who->failure = e;
            f.who->lost = true;
        }
        f.who->results.clear();
        f.who->finished = now;
        out.push_back(std::move(f.who));
    }
    flights_.clear();
    known_.clear();
    abandoned_ = 0;
    answered_ = 0;
    return out;
}

void pipeline::abandon(call& c) {
    if (c.abandoned) return;
    c.abandoned = true;
    c.results.clear();
    ++abandoned_;
}

const statement* pipeline::current() const {
    for (std::size_t i = answered_; i < flights_.size(); ++i) {
        const auto& f = flights_[i];
        if (f.next < f.todo.size()) return f.who->items[f.todo[f.next].item].what;
        if (f.synced) break;
    }
    return nullptr;
}

// Only what this step put there: the statement may meanwhile be prepared again under a newer name.
void pipeline::forget(const flight& f, const step& s) {
    const auto known = known_.find(f.who->items[s.item].what);
    if (known != known_.end() && known->second == s.id) known_.erase(known);
}

}  // namespace mita::db
