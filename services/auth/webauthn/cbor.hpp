// CBOR (RFC 8949), as much of it as authenticators write (CTAP2's canonical form): definite lengths, the shortest
// spelling of each, nesting of four. Read from the front; whatever is not understood is refused. Strangers feed it: no
// exceptions, no allocation, views into the bytes. Used by attestation and keys. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mita::auth::cbor {

class reader {
public:
    explicit reader(std::string_view bytes) : rest_(bytes) {}

    // Each reads one item of its kind, or gives nullopt and leaves everything as it was.
    std::optional<std::int64_t> integer();
    std::optional<std::string_view> bytes();
    std::optional<std::string_view> text();
    // How many pairs follow.
    std::optional<std::size_t> map();
    // Passes one item of any kind, with all that is in it. False: it is malformed or nested too deeply.
    bool skip();

    std::string_view rest() const { return rest_; }
    bool done() const { return rest_.empty(); }

private:
    struct head {
        unsigned major;
        std::uint64_t value;
        std::size_t size;  // bytes of the head itself
    };
    std::optional<head> look() const;
    std::optional<std::string_view> run(unsigned major);
    bool skip(unsigned depth);
    std::string_view rest_;
};

}  // namespace mita::auth::cbor
