// The streams of one worker, and what they are told: that something of their person changed, that tokens may have
// ended. They look themselves; nothing here waits or reads. On its worker only.
#pragma once

#include "core/ids.hpp"

#include <cstdint>
#include <unordered_map>

namespace mita::finance {

class stream_hub {
public:
    class listener {
    public:
        virtual void look() = 0;                                 // something of its person may have changed
        virtual void judge(std::int64_t now, bool revoked) = 0;  // unix seconds; revoked: something new was

    protected:
        ~listener() = default;
    };

    void join(const uuid& person, listener& who) { all_.emplace(person, &who); }
    void leave(const uuid& person, const listener& who);
    void changed(const uuid& person);
    void changed_all();
    // Each 100 ms. generation: of the revocations.
    void judge(std::int64_t now, std::uint64_t generation);
    bool empty() const { return all_.empty(); }

private:
    std::unordered_multimap<uuid, listener*> all_;
    std::uint64_t generation_ = 0;
};

}  // namespace mita::finance
