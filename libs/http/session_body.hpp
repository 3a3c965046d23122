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
    std::size_t fresh_ = 0;  // bytes in x.big not yet handed out
    chunk_decoder decoder_;
};

}  // namespace mita::http
