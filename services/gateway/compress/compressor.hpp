// Packs answers in JSON from 1 KiB on, where the client takes gzip: finance's and the gateway's own, never auth's,
// which hold secrets beside what a stranger may choose (BREACH). One per worker, used by the pass; its state is made at
// the first use and kept, so that packing allocates nothing once warm.
#pragma once

#include "core/metrics.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace mita::gateway {

class compressor {
public:
    explicit compressor(metrics::registry& registry);
    ~compressor();

    // Packs res.body when it may be and is worth it, and says what caches must know. A HEAD is answered as its GET.
    void apply(const http::request& req, http::response& res) {
        if (res.body.size() >= least || res.status == 304) consider(req, res);
    }

private:
    // Behind `most` a level of 1 takes more than a turn of the loop may (1 ms).
    static constexpr std::size_t least = 1 << 10, most = 256 << 10;
    void consider(const http::request& req, http::response& res);
    std::string_view pack(std::string_view plain);

    struct state;
    std::unique_ptr<state> state_;
    metrics::counter &answers_, &bytes_before_, &bytes_after_;
};

}  // namespace mita::gateway
