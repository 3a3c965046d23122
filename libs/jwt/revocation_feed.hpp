// Follows auth's internal feed (long poll GET /internal/v1/revocations?after=SEQ) and applies it; reads everything
// again after a gap. Run by gateway and finance on one worker. Reconnects with backoff and jitter for ever; says so in
// the log and in stats. Answer form: {"revocations":[{"sequence","kind","id","not_before","expires_at"}],"sequence":N};
// the service token goes as a Bearer.
#pragma once

#include "core/async.hpp"
#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/log.hpp"
#include "http/client.hpp"
#include "jwt/revocations.hpp"
#include "jwt/validator.hpp"

#include <memory>
#include <string>

namespace mita::jwt {

struct feed_options {
    feed_options() = default;
    secret internal_token;                   // shared secret of the internal listener
    std::chrono::milliseconds poll{20'000};  // long poll wait asked of auth
};

class revocation_feed {
public:
    revocation_feed(executor ex, http::client& auth_internal, revocations& into, validator& keys, feed_options o,
                    logger& log);
    ~revocation_feed();
    void start();                       // also fetches the JWKS at once and whenever the feed says a key changed
    bool connected() const;             // any thread
    awaitable<void> close(deadline d);  // ends the loop

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace mita::jwt
