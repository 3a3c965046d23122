// A streamed request body: pieces of a Content-Length body as they lie in a buffer, of a chunked one decoded. Lives in
// the frame that handles the request. Internal to libs/http.
#pragma once

#include "http/session.hpp"

namespace mita::http {

class session::body_reader final : public body_source {
public:
    body_reader(session& s, std::uint64_t limit);
    awaitable<std::string_view> next(deadline d) override;
    bool done() const { return done_; }

private:
    std::string_view take();
    awaitable<void> fill(std::uint32_t until);
    [[noreturn]] void fail(result r);

    session& s_;
    std::uint64_t limit_, left_;
    bool done_;
    // What was read last and not handed out yet: in x.big, or behind what s_.in_ holds, which it joins only as far as
    // it belongs to the next message.
    std::string_view fresh_;
};

}  // namespace mita::http
