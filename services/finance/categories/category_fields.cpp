#include "finance/categories/category_fields.hpp"

#include "finance/wire/fields.hpp"
#include "finance/wire/refusals.hpp"

namespace mita::finance {

namespace {

std::string unknown_category_detail(const category_book& book) {
    return "No such category. Known: " + book.list() + ".";
}

}  // namespace

std::optional<std::string> read_category(json_object& in, std::string_view name, const category_book& book,
                                         bool required) {
    if (!required && left_out(in, name)) return std::nullopt;
    const auto text = in.string(name, 1, 64);
    if (text.empty()) return std::nullopt;
    auto id = book.resolve(text);
    if (!id) in.fail(name, "unknown_category", unknown_category_detail(book));
    return id;
}

std::string resolve_or_refuse(const category_book& book, std::string_view text, std::string_view pointer) {
    if (const auto* known = book.find(text)) return known->id;
    auto id = book.resolve(text);
    if (!id) refuse(pointer, "unknown_category", unknown_category_detail(book));
    return *id;
}

}  // namespace mita::finance
