// Encoding of statement parameters as text (PostgreSQL infers the types) into one owned buffer, so that nothing dangles
// across an await. Supported: integers, bool, string types, uuid, std::nullopt/optional, wall::time_point, civil dates,
// bytes, and arrays (std::vector of integers, strings, uuids, dates: written as PostgreSQL array literals).
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mita::db {

struct bytes {  // a bytea parameter
    std::string_view data;
};

class params {
public:
    params() = default;
    template <class... Args>
    static params of(const Args&... args) {
        params p;
        (p.add(args), ...);
        return p;
    }

    void add(std::nullptr_t) { add_null(); }
    void add(std::nullopt_t) { add_null(); }
    template <class Bool>
        requires(std::is_same_v<Bool, bool>)  // nothing converts to it: a double or a pointer does not compile
    void add(Bool v) {
        add_text(v ? "t" : "f");
    }
    void add(std::string_view v) { add_text(v); }
    void add(const std::string& v) { add_text(v); }
    void add(const char* v) { add_text(v); }
    void add(const uuid& v) { add_text(v.str()); }
    void add(wall::time_point v) { add_text(wall::format(v)); }
    void add(std::chrono::year_month_day v);
    void add(bytes v);
    template <class Int>
        requires(std::is_integral_v<Int> && !std::is_same_v<Int, bool>)
    void add(Int v) {
        add_text(std::to_string(v));
    }
    template <class T>
    void add(const std::optional<T>& v) {
        if (v)
            add(*v);
        else
            add_null();
    }
    // A value of several parameters, which adds them itself in their order.
    template <class Several>
        requires requires(const Several& s, params& to) { s.add_to(to); }
    void add(const Several& several) {
        several.add_to(*this);
    }
    void add(const std::vector<std::int64_t>& v);
    void add(const std::vector<std::string>& v);
    void add(const std::vector<uuid>& v);
    void add(const std::vector<std::chrono::year_month_day>& v);

    std::size_t count() const { return offsets_.size(); }
    bool is_null(std::size_t i) const { return offsets_[i] == null_offset; }
    const char* value(std::size_t i) const {
        return is_null(i) ? nullptr : buffer_.data() + offsets_[i];
    }  // NUL-terminated
    std::size_t size_bytes() const { return buffer_.size(); }

private:
    static constexpr std::size_t null_offset = static_cast<std::size_t>(-1);
    void add_null() { offsets_.push_back(null_offset); }
    void add_text(std::string_view v);  // NUL inside throws std::invalid_argument (text cannot hold it)
    std::string buffer_;
    std::vector<std::size_t> offsets_;
};

}  // namespace mita::db
