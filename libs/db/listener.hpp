// LISTEN on a connection of its own. Notifications are a hint, never the truth: the owner also polls its sequence
// (revocations, invalidations). `on_notify` runs on the executor's thread for each notification, and for each channel
// once after every (re)connect with an empty payload: something may have been missed. It may not throw.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/log.hpp"
#include "db/pool.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mita::db {

class listener {
public:
    using handler = std::function<void(const std::string& channel, const std::string& payload)>;
    // Connects in the background and for ever again; only the url, names, schema and timeouts of `options` are used.
    listener(executor ex, const pool_options& options, std::vector<std::string> channels, handler on_notify,
             logger& log);
    ~listener();  // on_notify is not called any more
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    bool connected() const;             // any thread
    awaitable<void> close(deadline d);  // at once; nothing is waited for

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace mita::db
