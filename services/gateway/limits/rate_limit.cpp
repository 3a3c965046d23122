#include "gateway/limits/rate_limit.hpp"

#include "core/ids.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace mita::gateway {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::int64_t ceil_seconds(std::int64_t ns) { return ns <= 0 ? 0 : (ns + second_ns - 1) / second_ns; }

void append_number(std::string& out, std::int64_t n) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
    out.append(digits.data(), end);
}

// A list's comma, unless it begins here: after nothing or after a field's name.
void open_item(std::string& out, const rate_policy& p) {
    if (!out.empty() && out.back() != ' ') out += ", ";
    out += '"';
    out += p.name;
    out += '"';
}

}  // namespace

rate_limiter::rate_limiter(std::size_t max_bytes)
    : sets_per_shard_(std::max<std::size_t>(1, max_bytes / sizeof(set) / shard_count)),
      sets_(sets_per_shard_ * shard_count) {
    random_bytes(seed_.data(), sizeof seed_);
}

std::span<rate_limiter::set> rate_limiter::sets_of(std::size_t shard) const {
    return {sets_.data() + shard * sets_per_shard_, sets_per_shard_};
}

// A keyed multiply-mix over 8-byte blocks: without the seed nobody can aim keys at one set.
std::uint64_t rate_limiter::hash(const rate_policy& policy, std::string_view key) const {
    std::uint64_t h = seed_[0] ^ key.size();
    const auto eat = [&](std::string_view text) {
        for (std::size_t i = 0; i < text.size(); i += 8) {
            std::uint64_t block = 0;
            for (std::size_t j = i; j < std::min(text.size(), i + 8); ++j)
                block = block << 8 | static_cast<unsigned char>(text[j]);
            h = mix(h ^ block, seed_[1] | 1);
        }
    };
    eat(policy.name);
    eat(key);
    h = mix(h ^ seed_[1], seed_[0] | 1);
    return h == 0 ? 1 : h;
}

rate_decision rate_limiter::take(const rate_policy& policy, std::string_view key, std::int64_t now_ns) {
    rate_decision out;
    if (!policy.on()) return out;
    const std::int64_t interval = policy.window_s * second_ns / policy.quota;  // between requests at the allowed rate
    const std::int64_t burst = interval * policy.quota;
    const auto h = hash(policy, key);
    const auto shard = static_cast<std::size_t>(h % shard_count);

    const std::scoped_lock lock(mutexes_[shard]);
    auto& slots = sets_of(shard)[h / shard_count % sets_per_shard_].slots;
    auto at = std::find_if(slots.begin(), slots.end(), [h](const slot& s) { return s.tag == h; });
    if (at == slots.end()) {
        at = std::min_element(slots.begin(), slots.end(), [](const slot& a, const slot& b) { return a.tat < b.tat; });
        at->tag = h;
        at->tat = 0;
    }
    const auto tat = std::max(at->tat, now_ns);
    const auto next = tat + interval;
    out.allowed = next - now_ns <= burst;
    if (out.allowed) at->tat = next;
    const auto used = at->tat - now_ns;
    out.remaining = std::max<std::int64_t>(0, (burst - used) / interval);
    out.reset_s = ceil_seconds(used);
    if (!out.allowed) out.retry_after_s = std::max<std::int64_t>(1, ceil_seconds(next - now_ns - burst));
    return out;
}

std::string rate_key_of_address(std::string_view address) {
    boost::system::error_code ec;
    const auto a = boost::asio::ip::make_address(std::string(address), ec);
    if (ec || a.is_v4()) return std::string(address);
    const auto bytes = a.to_v6().to_bytes();
    return std::string(reinterpret_cast<const char*>(bytes.data()), 8);
}

void append_policy(std::string& out, const rate_policy& p) {
    open_item(out, p);
    out += ";q=";
    append_number(out, p.quota);
    out += ";w=";
    append_number(out, p.window_s);
}

void append_state(std::string& out, const rate_policy& p, const rate_decision& d) {
    open_item(out, p);
    out += ";r=";
    append_number(out, d.remaining);
    out += ";t=";
    append_number(out, d.reset_s);
}

}  // namespace mita::gateway
