// The command line of a service: named commands, --help, --version, and one rule for the exit status: 0 done, 1 failed,
// 2 wrong usage or settings (what was wrong on stderr). Used by each service's main.
#pragma once

#include "core/config.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace mita {

class command_line {
public:
    using action = std::function<int(config& from)>;  // returns the exit status

    command_line(std::string program, std::string what);

    // A command; options are added to what is returned.
    CLI::App& add(const std::string& name, const std::string& what, action run);
    // A word that has commands of its own.
    CLI::App& add_group(const std::string& name, const std::string& what);
    CLI::App& add_to(CLI::App& group, const std::string& name, const std::string& what, action run);

    // Parses and runs the command with the process's environment. Returns the exit status.
    int run(int argc, const char* const* argv);

private:
    int refuse(const CLI::ParseError& error) const;

    std::string program_;
    CLI::App root_;
    struct command {
        CLI::App* name;
        action run;
    };
    std::vector<command> commands_;
};

}  // namespace mita
