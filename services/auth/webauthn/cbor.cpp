#include "auth/webauthn/cbor.hpp"

#include <limits>

namespace mita::auth::cbor {

namespace {

constexpr unsigned unsigned_int = 0, negative_int = 1, byte_string = 2, text_string = 3, array = 4, pairs = 5,
                   simple = 7;
constexpr unsigned deepest = 4;  // CTAP2

}  // namespace

std::optional<reader::head> reader::look() const {
    if (rest_.empty()) return std::nullopt;
    const unsigned first = static_cast<unsigned char>(rest_.front());
    head h{first >> 5U, first & 31U, 1};
    if (h.value < 24) return h;
    if (h.value > 27) return std::nullopt;  // reserved, and lengths that are not told
    const auto more = std::size_t{1} << (h.value - 24);
    if (rest_.size() < 1 + more) return std::nullopt;
    std::uint64_t v = 0;
    for (std::size_t i = 1; i <= more; ++i) v = v << 8 | static_cast<unsigned char>(rest_[i]);
    const bool shortest = more == 1 ? v >= 24 : v >> (4 * more) != 0;
    if (!shortest && h.major != simple) return std::nullopt;
    return head{h.major, v, 1 + more};
}

std::optional<std::int64_t> reader::integer() {
    const auto h = look();
    if (!h || (h->major != unsigned_int && h->major != negative_int)) return std::nullopt;
    if (h->value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    rest_.remove_prefix(h->size);
    const auto v = static_cast<std::int64_t>(h->value);
    return h->major == unsigned_int ? v : -1 - v;
}

std::optional<std::string_view> reader::run(unsigned major) {
    const auto h = look();
    if (!h || h->major != major || h->value > rest_.size() - h->size) return std::nullopt;
    const auto out = rest_.substr(h->size, static_cast<std::size_t>(h->value));
    rest_.remove_prefix(h->size + out.size());
    return out;
}

std::optional<std::string_view> reader::bytes() { return run(byte_string); }
std::optional<std::string_view> reader::text() { return run(text_string); }

std::optional<std::size_t> reader::map() {
    const auto h = look();
    if (!h || h->major != pairs || h->value > rest_.size()) return std::nullopt;
    rest_.remove_prefix(h->size);
    return static_cast<std::size_t>(h->value);
}

bool reader::skip() {
    const auto before = rest_;
    if (skip(0)) return true;
    rest_ = before;
    return false;
}

bool reader::skip(unsigned depth) {
    const auto h = look();
    if (!h || depth > deepest) return false;
    if (h->major == byte_string || h->major == text_string) return run(h->major).has_value();
    if (h->major == array || h->major == pairs) {
        if (h->value > rest_.size()) return false;  // each of them is a byte at least
        rest_.remove_prefix(h->size);
        for (auto n = h->major == pairs ? 2 * h->value : h->value; n > 0; --n)
            if (!skip(depth + 1)) return false;
        return true;
    }
    if (h->major != unsigned_int && h->major != negative_int && h->major != simple) return false;  // tags
    rest_.remove_prefix(h->size);
    return true;
}

}  // namespace mita::auth::cbor
