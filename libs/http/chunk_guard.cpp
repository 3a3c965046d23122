#include "http/chunk_guard.hpp"

#include "http/grammar.hpp"

namespace mita::http {

namespace {

using namespace grammar;

constexpr std::size_t max_overhead = 8 << 10;
constexpr std::uint8_t max_digits = 16;

bool text(char c) {  // allowed in extensions and trailer values
    const auto u = static_cast<unsigned char>(c);
    return (u >= 0x20 && u != 0x7f) || u == '\t';
}

}  // namespace

chunk_guard::verdict chunk_guard::take(char c) {
    const at before = at_;
    const bool counted = at_ == at::extension || (at_ >= at::trailer_start && at_ <= at::trailer_lf);
    if (counted && ++overhead_ > max_overhead) return verdict::bad;
    const bool good = in_trailers() ? step_trailer(c) : step(c);
    if (!good) return verdict::bad;
    if (before == at::size_lf) return zero_ ? verdict::last_line : verdict::line;
    return at_ == at::done ? verdict::done : verdict::good;
}

bool chunk_guard::step(char c) {
    switch (at_) {
        case at::size:
            if (is(c, hex)) {
                if (c != '0') zero_ = false;
                return ++digits_ <= max_digits;
            }
            at_ = c == ';' ? at::extension : at::size_lf;
            return digits_ > 0 && (c == ';' || c == '\r');
        case at::extension:  // its grammar is Beast's to judge, which sees the line next
            if (c == '\r') at_ = at::size_lf;
            return c == '\r' || text(c);
        case at::size_lf:
            at_ = zero_ ? at::trailer_start : at::data_cr;
            return c == '\n';
        case at::data_cr:
            at_ = at::data_lf;
            return c == '\r';
        default:  // data_lf
            at_ = at::size;
            digits_ = 0;
            zero_ = true;
            return c == '\n';
    }
}

bool chunk_guard::step_trailer(char c) {
    switch (at_) {
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
        default:  // done
            return false;
    }
}

}  // namespace mita::http
