#include "finance/ledger/transaction_place.hpp"

#include "http/cursor.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mita::finance {

namespace {

constexpr std::size_t day_size = 4, id_size = 16;

}  // namespace

std::string bytes_of(const transaction_place& at) {
    std::string out;
    const auto days = static_cast<std::uint32_t>(at.day.time_since_epoch().count());
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(static_cast<unsigned char>(days >> shift));
    out.append(reinterpret_cast<const char*>(at.id.bytes.data()), id_size);
    return out;
}

transaction_place place_from(std::string_view bytes) {
    if (bytes.size() != day_size + id_size) throw http::wrong_cursor();
    std::uint32_t days = 0;
    for (const char c : bytes.substr(0, day_size)) days = days << 8 | static_cast<unsigned char>(c);
    transaction_place at;
    at.day = civil_day(std::chrono::days(static_cast<std::int32_t>(days)));
    std::ranges::copy(bytes.substr(day_size), at.id.bytes.begin());
    return at;
}

}  // namespace mita::finance
