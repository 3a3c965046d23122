#include "finance/categories/words.hpp"
#include "finance/categories/category_book.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace mita::finance;

TEST_CASE(
    "a word is the same however it is spelled, and empty where nothing "
    "is named") {
    CHECK(word_of("Dog food") == word_of("dog\u00a0FOOD"));
    CHECK(word_of("Dog-food") == word_of("DOG\u2010_/&food"));
    CHECK(word_of("Caf\u00e9") == word_of("CAFE\u0301"));
    CHECK(word_of("\u041a\u0430\u0444\u0435") == word_of("\u041a\u0410\u0424\u0415"));
    CHECK(word_of("Stra\u00dfe") == word_of("STRASSE"));
    CHECK(word_of("Cafe") != word_of("Caf\u00e9"));
    CHECK(word_of(" _-/&\u00a0\u200b\u2014").empty());
    CHECK(word_of("").empty());
}

TEST_CASE(
    "what a category is called, in any case and with any separators, is "
    "that category to everybody who asks the book") {
    CHECK(rc::check([] {
        std::vector<category_entry> rows;
        const std::vector<std::string> pieces{"dog", "\u043a\u0430\u0444\u0435", "caf\u00e9", "stra\u00dfe", "7"};
        for (int i = 0; i < 4; ++i) {
            category_entry e;
            e.id = "own_" + std::to_string(i);
            e.name = pieces[*rc::gen::inRange<std::size_t>(0, pieces.size())] + " " + std::to_string(i);
            e.aliases.push_back("alias " + e.name);
            e.version = 1;
            e.archived = *rc::gen::inRange(0, 4) == 0;
            rows.push_back(e);
        }
        const category_book book(rows);
        const auto taken = book.taken_words({});
        for (const auto& e : rows) {
            for (auto text : {e.name, e.aliases.front()}) {
                RC_ASSERT(taken.at(word_of(text)) == e.id);
                std::ranges::replace(text, ' ', *rc::gen::element('_', '-', ' ', '/'));
                const auto found = book.resolve(text);
                RC_ASSERT((found == e.id) == !e.archived);
                RC_ASSERT(found.has_value() == !e.archived);
            }
            RC_ASSERT(!book.taken_words(e.id).contains(word_of(e.name)));
        }
    }));
}
