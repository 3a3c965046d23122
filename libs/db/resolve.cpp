#include "db/resolve.hpp"

#include "core/waiter.hpp"
#include "db/error.hpp"

#include <memory>
#include <string>
#include <utility>

namespace mita::db {

namespace {

using resolver = asio::ip::basic_resolver<tcp, executor>;

// Kept by the handler, so that an answer after the deadline finds its place.
struct lookup {
    explicit lookup(executor ex) : names(ex), done(ex) {}
    resolver names;
    waiter done;
    std::vector<std::string> addresses;
};

std::shared_ptr<lookup> begin_lookup(executor ex, const std::string& host) {
    auto l = std::make_shared<lookup>(ex);
    l->names.async_resolve(host, "", [l](error_code ec, const resolver::results_type& found) {
        if (!ec)
            for (const auto& entry : found) l->addresses.push_back(entry.endpoint().address().to_string());
        l->done.notify();
    });
    return l;
}

}  // namespace

awaitable<std::vector<endpoint>> resolve(executor ex, std::vector<endpoint> endpoints, deadline d) {
    std::vector<endpoint> out;
    for (auto& e : endpoints) {
        if (!e.needs_dns) {
            out.push_back(std::move(e));
            continue;
        }
        const auto l = begin_lookup(ex, e.host);
        const bool answered = co_await l->done.wait(d);
        if (!answered) {
            l->names.cancel();
            continue;
        }
        for (const auto& address : l->addresses) {
            endpoint at = e;
            at.hostaddr = address;
            at.needs_dns = false;
            out.push_back(std::move(at));
        }
    }
    if (out.empty() && !endpoints.empty()) throw error("08001", "", "the database host's name does not resolve");
    co_return out;
}

}  // namespace mita::db
