// Follows auth's internal feed (long poll GET /internal/v1/revocations?after=SEQ) and applies it; reads everything
// again after a gap. Run by gateway and finance on one worker, the one that owns the sender. Reconnects with backoff
// and jitter for ever; says so in the log and by connected(). Answer form:
// {"revocations":[{"sequence","kind","id","not_before","expires_at"}],"sequence":N}; the service token goes as a
// Bearer.
#pragma once

#include "core/async.hpp"
#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/log.hpp"
#include "http/client.hpp"
#include "jwt/revocations.hpp"
#include "jwt/validator.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mita::jwt {

struct feed_options {
    feed_options() = default;
    secret internal_token;  // shared secret of the internal listener
    // Long poll wait asked of auth; never more than a fifth of the validator's feed_silence_limit, so that a quiet feed
    // is not taken for a lost one (C7) and a stop is not held up.
    std::chrono::milliseconds poll{20'000};
    std::chrono::milliseconds key_refresh{300'000};  // the JWKS is also read this often
    // Given the entries of kind `person`, after what is revoked was applied and before the feed goes on; perhaps more
    // than once (a new process reads all that auth keeps). What it throws is logged; it is not called again for it.
    std::function<awaitable<void>(std::vector<revocation>)> on_people;
};

class revocation_feed {
public:
    revocation_feed(executor ex, http::sender& auth_internal, revocations& into, validator& keys, feed_options o,
                    logger& log);
    ~revocation_feed();
    revocation_feed(const revocation_feed&) = delete;
    revocation_feed& operator=(const revocation_feed&) = delete;

    // On `ex`, once. Fetches the JWKS at once (again after 100 ms, backing off to 1 s, until it is there) and whenever
    // the feed says a key changed, then follows the feed.
    void start();
    bool connected() const;  // any thread: the last call was answered
    // On `ex`. Ends the loop at once; a poll in flight ends with its sender's close, or by itself within the poll time.
    awaitable<void> close(deadline d);

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace mita::jwt
