#include "db/pipeline.hpp"

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

void pipeline::push(std::shared_ptr<call> c, steps s, clock::time_point now) {
    if (flights_.empty()) head_since_ = now;
    c->sent = now;
    if (c->abandoned) ++abandoned_;
    flights_.push_back({std::move(c), std::move(s)});
}

bool pipeline::on_rows(rows r) {
    if (flights_.empty()) return false;
    auto& f = flights_.front();
    if (f.next >= f.todo.size() || f.who->failure) return false;
    const auto& s = f.todo[f.next++];
    if (!s.prepare && !f.who->abandoned) f.who->results.push_back(std::move(r));
    return true;
}

bool pipeline::on_error(error e, bool stale_plan) {
    if (flights_.empty()) return false;
    auto& f = flights_.front();
    if (!f.who->failure) {
        f.who->failure = std::move(e);
        f.who->stale_plan = stale_plan;
    }
    // An error may also come at the Sync itself (a deferred constraint): then no step is left.
    if (f.next < f.todo.size()) {
        const auto& s = f.todo[f.next++];
        if (s.prepare || stale_plan) forget(f, s);
    }
    return true;
}

bool pipeline::on_aborted() {
    if (flights_.empty()) return false;
    auto& f = flights_.front();
    if (f.next >= f.todo.size()) return false;
    const auto& s = f.todo[f.next++];
    if (s.prepare) forget(f, s);
    return true;
}

std::shared_ptr<call> pipeline::on_sync(clock::time_point now) {
    if (flights_.empty()) return nullptr;
    auto& f = flights_.front();
    if (f.next != f.todo.size() && !f.who->failure) return nullptr;
    auto who = std::move(f.who);
    if (who->abandoned) --abandoned_;
    who->finished = now;
    flights_.pop_front();
    head_since_ = now;
    return who;
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
    return out;
}

void pipeline::abandon(call& c) {
    if (c.abandoned) return;
    c.abandoned = true;
    c.results.clear();
    ++abandoned_;
}

const statement* pipeline::current() const {
    if (flights_.empty()) return nullptr;
    const auto& f = flights_.front();
    if (f.next >= f.todo.size()) return nullptr;
    return f.who->items[f.todo[f.next].item].what;
}

// Only what this step put there: the statement may meanwhile be prepared again under a newer name.
void pipeline::forget(const flight& f, const step& s) {
    const auto known = known_.find(f.who->items[s.item].what);
    if (known != known_.end() && known->second == s.id) known_.erase(known);
}

}  // namespace mita::db
