// Results: binary, decoded by column with an OID check. Owned by `rows`, so views stay valid as long as it lives.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mita::db {

class rows;

class row {
public:
    bool is_null(int column) const;
    // T: bool, std::int16_t, std::int32_t, std::int64_t (widening int2/int4/int8 allowed), std::string,
    // std::string_view (text, varchar, name, bytea, json/jsonb text), uuid, wall::time_point (timestamptz),
    // std::chrono::year_month_day (date), double, std::vector<std::int64_t> / <std::string> / <uuid> / <year_month_day>
    // (one-dimensional arrays), std::optional<T> of any of them. Throws std::logic_error on an OID mismatch, and on
    // NULL for a non-optional T: both are our bugs; std::range_error on infinity.
    template <class T>
    T get(int column) const {
        if constexpr (is_optional<T>::value) {
            if (is_null(column)) return std::nullopt;
            return get<typename T::value_type>(column);
        } else {
            T out{};
            read(column, out);
            return out;
        }
    }

private:
    template <class T>
    struct is_optional : std::false_type {};
    template <class T>
    struct is_optional<std::optional<T>> : std::true_type {};
    struct reader;
    void read(int column, bool& out) const;
    void read(int column, std::int16_t& out) const;
    void read(int column, std::int32_t& out) const;
    void read(int column, std::int64_t& out) const;
    void read(int column, double& out) const;
    void read(int column, std::string_view& out) const;
    void read(int column, std::string& out) const;
    void read(int column, uuid& out) const;
    void read(int column, wall::time_point& out) const;
    void read(int column, std::chrono::year_month_day& out) const;
    void read(int column, std::vector<std::int64_t>& out) const;
    void read(int column, std::vector<std::string>& out) const;
    void read(int column, std::vector<uuid>& out) const;
    void read(int column, std::vector<std::chrono::year_month_day>& out) const;

    friend class rows;
    row(const rows* owner, int index) : owner_(owner), index_(index) {}
    const rows* owner_;
    int index_;
};

class rows {
public:
    rows() = default;
    explicit rows(std::shared_ptr<void> pg_result);  // adopted by the connection

    int size() const;
    bool empty() const { return size() == 0; }
    row operator[](int i) const { return row(this, i); }
    row front() const;  // throws std::logic_error when empty
    // Rows touched by INSERT/UPDATE/DELETE.
    std::int64_t affected() const;
    std::string command_tag() const;  // "INSERT 0 1", "COMMIT", ...

    class iterator {
    public:
        iterator(const rows* owner, int i) : owner_(owner), i_(i) {}
        row operator*() const { return (*owner_)[i_]; }
        iterator& operator++() {
            ++i_;
            return *this;
        }
        bool operator==(const iterator& o) const { return i_ == o.i_; }

    private:
        const rows* owner_;
        int i_;
    };
    iterator begin() const { return iterator(this, 0); }
    iterator end() const { return iterator(this, size()); }

private:
    friend class row;
    std::shared_ptr<void> result_;
};

}  // namespace mita::db
