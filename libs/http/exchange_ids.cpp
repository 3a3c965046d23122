#include "http/exchange_ids.hpp"

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "http/grammar.hpp"
#include "http/trace_context.hpp"

#include <bit>
#include <chrono>

namespace mita::http {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void write_hex(char* out, std::uint64_t value, int digits) {
    for (int i = digits; i-- > 0; value >>= 4) out[i] = hex_digits[value & 15];
}

}  // namespace

id_source::id_source() { random_bytes(s_.data(), sizeof s_); }

std::uint64_t id_source::next() {
    const std::uint64_t result = std::rotl(s_[1] * 5, 7) * 9;
    const std::uint64_t t = s_[1] << 17;
    s_[2] ^= s_[0];
    s_[3] ^= s_[1];
    s_[1] ^= s_[2];
    s_[0] ^= s_[3];
    s_[2] ^= t;
    s_[3] = std::rotl(s_[3], 45);
    return result;
}

bool valid_request_id(std::string_view s) { return !s.empty() && s.size() <= 64 && grammar::all(s, grammar::host); }

void exchange_ids::assign(request& req, bool good_head, id_source& random) {
    const header* parent = nullptr;
    bool parent_twice = false;
    const header* given_id = nullptr;
    for (const header& h : req.headers) {
        if (h.name.size() == 11 && iequals(h.name, "traceparent")) {
            parent_twice = parent != nullptr;
            parent = &h;
        } else if (h.name.size() == 12 && good_head && given_id == nullptr && iequals(h.name, "x-request-id")) {
            given_id = &h;
        }
    }
    if (given_id != nullptr && valid_request_id(given_id->value)) {
        req.id = given_id->value;
    } else {
        using std::chrono::milliseconds;
        const auto ms = std::chrono::duration_cast<milliseconds>(wall::now().time_since_epoch()).count();
        const std::uint64_t a = random.next(), b = random.next();
        write_hex(id_.data(), static_cast<std::uint64_t>(ms) >> 16, 8);
        write_hex(id_.data() + 9, static_cast<std::uint64_t>(ms) & 0xffff, 4);
        write_hex(id_.data() + 14, 0x7000 | (a & 0xfff), 4);
        write_hex(id_.data() + 19, 0x8000 | (b >> 50), 4);
        write_hex(id_.data() + 24, b & 0xffffffffffff, 12);
        id_[8] = id_[13] = id_[18] = id_[23] = '-';
        req.id = std::string_view(id_.data(), id_.size());
    }

    trace_context context;
    if (parent != nullptr && !parent_twice && parse_traceparent(parent->value, context)) {
        req.trace_id = context.trace_id;
        req.parent_span = context.parent_id;
        req.trace_flags = context.flags;
    } else {
        write_hex(trace_.data(), random.next() | 1, 16);
        write_hex(trace_.data() + 16, random.next(), 16);
        req.trace_id = std::string_view(trace_.data(), trace_.size());
        req.parent_span = {};
        req.trace_flags = "02";  // not sampled; of random digits
    }
    write_hex(span_.data(), random.next() | 1, 16);
    req.span_id = std::string_view(span_.data(), span_.size());
}

}  // namespace mita::http
