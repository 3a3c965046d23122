// A value or the reason why there is none: how the domain reports errors, since it neither throws nor logs.
// Used by every function here that can fail; services map `fault` to problem+json (amount_overflow → 422).
#pragma once

#include <optional>
#include <utility>

namespace mita::finance {

enum class fault {
    none,
    amount_overflow,  // a sum left ±(2^53−1): 422 amount_overflow
    bad_input,        // an input outside its contract (a caller's bug, or data the service did not validate): 422
};

template <class T>
class [[nodiscard]] outcome {
public:
    outcome(T value) : value_(std::move(value)) {}
    outcome(fault why) : error_(why) {}

    explicit operator bool() const { return value_.has_value(); }
    // fault::none when there is a value.
    fault error() const { return error_; }
    // Undefined without a value, as std::optional's.
    T& operator*() { return *value_; }
    const T& operator*() const { return *value_; }
    T* operator->() { return &*value_; }
    const T* operator->() const { return &*value_; }

private:
    std::optional<T> value_;
    fault error_ = fault::none;
};

}  // namespace mita::finance
