#include "http/client_stream.hpp"

#include "core/error.hpp"
#include "http/client_core.hpp"

#include <utility>

namespace mita::http {

namespace {

using outcome = client_connection::outcome;

constexpr std::size_t most_kept = 512;  // of a buffer, while nothing comes

client_options without_a_line(client_options o) {
    o.max_waiting = 0;  // a place may not come free for minutes
    return o;
}

}  // namespace

client_stream::client_stream(std::shared_ptr<client_core> core, std::shared_ptr<client_connection> c)
    : core_(std::move(core)), connection_(std::move(c)) {}

client_stream::~client_stream() {
    connection_->close();
    core_->pool->release(connection_);
}

awaitable<std::string_view> client_stream::next(deadline d) {
    if (text_.capacity() > most_kept) text_ = std::string();
    const outcome o = co_await connection_->next_piece(text_, d.time());
    if (o == outcome::piece) co_return text_;
    if (o != outcome::answered) core_->fail(o, false);
    co_return std::string_view();
}

void client_stream::half_close() { connection_->half_close(); }
void client_stream::close() { connection_->close(); }

stream_client::stream_client(executor ex, client_options o, metrics::registry& metrics)
    : core_(std::make_shared<client_core>(ex, without_a_line(std::move(o)), metrics)) {}

stream_client::~stream_client() { core_->pool->shut(); }

awaitable<std::unique_ptr<client_stream>> stream_client::open(std::string_view head, client_response& out, deadline d) {
    const std::shared_ptr<client_core> core = core_;
    connection_ptr taken = co_await core->pool->acquire(d, true);
    lent_connection mine(*core->pool, std::move(taken));
    core->pool->exchange_begins();
    const outcome o = co_await mine->open(head, out, d.time());
    if (o == outcome::opened) {
        std::unique_ptr<client_stream> s(new client_stream(core, mine.shared()));
        mine.keep();
        co_return s;
    }
    mine->close();  // no second request goes over it
    if (o != outcome::answered) core->fail(o, !mine->got_bytes());
    co_return nullptr;
}

client::stats stream_client::snapshot() const { return core_->pool->snapshot(); }

awaitable<void> stream_client::close(deadline d) { return client_pool::close(core_->pool, d); }

}  // namespace mita::http
