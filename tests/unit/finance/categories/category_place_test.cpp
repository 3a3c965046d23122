#include "finance/categories/category_book.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace mita;
using namespace mita::finance;

namespace {

category_class some_class() { return static_cast<category_class>(*rc::gen::inRange(0, 5)); }

category_entry own(std::string id, category_class cls, std::int64_t age) {
    category_entry e;
    e.id = std::move(id);
    e.cls = cls;
    e.version = 1;
    e.created_at = wall::time_point(std::chrono::microseconds(1'800'000'000'000'000 + age));
    return e;
}

}  // namespace

TEST_CASE("the places of a book's entries are distinct and in display order, whatever the person made of it") {
    CHECK(rc::check([] {
        std::vector<category_entry> rows;
        const auto built_in = default_categories();
        for (int i = 0; i < 12; ++i) {  // by age, then id, as the store reads them
            const bool replaces = i % 3 == 0;
            const auto id =
                replaces ? std::string(built_in[static_cast<std::size_t>(i) * 2].id) : "own" + std::to_string(10 + i);
            rows.push_back(own(id, some_class(), i / 2));
        }
        std::ranges::sort(rows, {}, [](const auto& e) { return std::pair(e.created_at, e.id); });
        const category_book book(rows);
        std::vector<std::string> places;
        for (const auto& e : book.entries()) places.push_back(place_of(e));
        RC_ASSERT(std::ranges::is_sorted(places));
        RC_ASSERT(std::ranges::adjacent_find(places) == places.end());
    }));
}

TEST_CASE("the place of an entry stays when others come or go, and when it is renamed or archived") {
    const auto rex = own("rex", category_class::flexible, 5);
    const auto before = place_of(*category_book({own("old", category_class::flexible, 1), rex}).find("rex"));
    auto changed = rex;
    changed.name = "Rex";
    changed.archived = true;
    ++changed.version;
    CHECK(place_of(*category_book({changed, own("new", category_class::flexible, 9)}).find("rex")) == before);
    const auto built_in = place_of(*category_book().find("groceries"));
    CHECK(place_of(*category_book({own("groceries", category_class::essential, 3), rex}).find("groceries")) ==
          built_in);
}
