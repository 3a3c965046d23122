#include "http/connection_buffer.hpp"

#include <boost/beast/core/flat_buffer.hpp>

#include <algorithm>
#include <new>

namespace mita::http {

namespace {

using flat_buffer = boost::beast::flat_buffer;

flat_buffer& in(std::array<std::byte, 48>& place) {
    static_assert(sizeof(flat_buffer) <= sizeof place && alignof(flat_buffer) <= alignof(void*));
    return *std::launder(reinterpret_cast<flat_buffer*>(place.data()));
}
const flat_buffer& in(const std::array<std::byte, 48>& place) {
    return *std::launder(reinterpret_cast<const flat_buffer*>(place.data()));
}

}  // namespace

connection_buffer::connection_buffer() { new (place_.data()) flat_buffer(); }
connection_buffer::~connection_buffer() { in(place_).~flat_buffer(); }

std::string_view connection_buffer::view() const {
    const auto held = in(place_).data();
    return {static_cast<const char*>(held.data()), held.size()};
}
std::size_t connection_buffer::room() const { return in(place_).capacity() - in(place_).size(); }
char* connection_buffer::space(std::size_t n) { return static_cast<char*>(in(place_).prepare(n).data()); }
void connection_buffer::commit(std::size_t n) { in(place_).commit(n); }
void connection_buffer::consume(std::size_t n) { in(place_).consume(std::min(n, size())); }
void connection_buffer::shrink() {
    if (size() == 0 && in(place_).capacity() > small) in(place_).shrink_to_fit();
}

}  // namespace mita::http
