#include "http/grammar.hpp"
#include "http/head_guard.hpp"

#include <algorithm>

namespace mita::http {

namespace {

using namespace grammar;

constexpr std::size_t max_overhead = 8 << 10;
constexpr unsigned max_digits = 16;

bool text(char c) {  // allowed in quoted strings and trailer values
    const auto u = static_cast<unsigned char>(c);
    return (u >= 0x20 && u != 0x7f) || u == '\t';
}

}  // namespace

chunk_decoder::state chunk_decoder::feed(std::string_view in, std::size_t& consumed, std::string& out,
                                         std::uint64_t limit) {
    std::size_t i = 0;
    while (at_ != at::done && i < in.size()) {
        if (at_ == at::data) {
            const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size() - i));
            out.append(in.substr(i, take));
            i += take;
            left_ -= take;
            if (left_ == 0) at_ = at::data_cr;
            continue;
        }
        bool too_large = false;
        const bool good = step(in[i], limit, too_large);
        ++i;
        if (!good || too_large) {
            consumed = i;
            return good ? state::too_large : state::bad;
        }
    }
    consumed = i;
    return at_ == at::done ? state::done : state::more;
}

// One byte that is not data. False: the framing is broken.
bool chunk_decoder::step(char c, std::uint64_t limit, bool& too_large) {
    if (at_ >= at::extension && at_ <= at::extension_end && ++overhead_ > max_overhead) return false;
    if (at_ >= at::trailer_start && at_ <= at::trailer_lf && ++overhead_ > max_overhead) return false;
    switch (at_) {
        case at::size:
            if (is(c, hex)) {
                if (++digits_ > max_digits) return false;
                left_ = left_ * 16 + static_cast<std::uint64_t>(hex_value(c));
                return true;
            }
            if (digits_ == 0) return false;
            if (left_ > limit || total_ > limit - left_) {
                too_large = true;
                return true;
            }
            if (c == ';')
                at_ = at::extension;
            else
                at_ = at::size_lf;
            return c == ';' || c == '\r';
        case at::extension:  // after ';' (RFC 9112 7.1.1, BWS let through)
            if (is(c, tchar)) at_ = at::extension_name;
            return is(c, tchar) || c == ' ' || c == '\t';
        case at::extension_name:
        case at::extension_value:
            if (is(c, tchar)) return true;
            if (c == '=' && at_ == at::extension_name)
                at_ = at::extension_value_start;
            else if (c == ';')
                at_ = at::extension;
            else if (c == '\r')
                at_ = at::size_lf;
            else
                return false;
            return true;
        case at::extension_value_start:
            at_ = c == '"' ? at::extension_quoted : at::extension_value;
            return c == '"' || is(c, tchar);
        case at::extension_quoted:
            if (c == '"') at_ = at::extension_end;
            if (c == '\\') at_ = at::extension_escape;
            return text(c);
        case at::extension_escape:
            at_ = at::extension_quoted;
            return text(c);
        case at::extension_end:
            at_ = c == ';' ? at::extension : at::size_lf;
            return c == ';' || c == '\r';
        case at::size_lf:
            total_ += left_;
            digits_ = 0;
            at_ = left_ == 0 ? at::trailer_start : at::data;
            return c == '\n';
        case at::data_cr:
            at_ = at::data_lf;
            return c == '\r';
        case at::data_lf:
            at_ = at::size;
            return c == '\n';
        case at::trailer_start:
            at_ = c == '\r' ? at::end_lf : at::trailer_name;
            return c == '\r' || is(c, tchar);
        case at::trailer_name:
            if (c == ':') at_ = at::trailer_value;
            return c == ':' || is(c, tchar);
        case at::trailer_value:
            if (c == '\r') at_ = at::trailer_lf;
            return c == '\r' || text(c);
        case at::trailer_lf:
            at_ = at::trailer_start;
            return c == '\n';
        case at::end_lf:
            at_ = at::done;
            return c == '\n';
        case at::data:
        case at::done:
            break;
    }
    return false;
}

}  // namespace mita::http
