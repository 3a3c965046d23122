// Placeholder until the ledger follows: 501.
#include "core/error.hpp"
#include "finance/handlers/handlers.hpp"

namespace mita::finance {

namespace {

[[noreturn]] void later() { throw api_error(501, "not_implemented", "Not built yet."); }

}  // namespace

awaitable<http::response> affordability_of(http::request&, app&) {
    later();
    co_return http::empty();
}

}  // namespace mita::finance
