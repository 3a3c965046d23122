// What an api_error tells a client, as a value that tests compare. Used by unit tests of what reads requests.
#pragma once

#include "core/error.hpp"

#include <map>
#include <string>

namespace mita::test {

struct refusal {
    unsigned status = 0;  // 0: nothing was refused
    std::string code;
    std::map<std::string, std::string> findings;  // pointer: code
};

// Of the api_error that `act` throws.
template <class Act>
refusal refusal_of(Act act) {
    try {
        act();
    } catch (const api_error& e) {
        refusal r{e.status, e.code, {}};
        for (const auto& f : e.errors) r.findings[f.pointer] = f.code;
        return r;
    }
    return {};
}

}  // namespace mita::test
