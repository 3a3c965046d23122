#include "core/command_line.hpp"

#include "core/build_info.hpp"

#include <exception>
#include <iostream>
#include <utility>

namespace mita {

namespace {

constexpr int failed = 1, wrong = 2;

std::string names_of(const std::vector<const CLI::App*>& commands) {
    std::string out;
    for (const auto* c : commands) out += (out.empty() ? "" : ", ") + c->get_name();
    return out;
}

std::string names_of(const std::vector<const CLI::Option*>& options) {
    std::string out;
    for (const auto* o : options)
        if (!o->get_positional()) out += (out.empty() ? "" : ", ") + ("--" + o->get_lnames().front());
    return out;
}

// The innermost command that was named.
const CLI::App& named(const CLI::App& root) {
    const CLI::App* at = &root;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    return *at;
}

}  // namespace

command_line::command_line(std::string program, std::string what) : program_(std::move(program)), root_(what) {
    root_.name(program_);
    root_.require_subcommand(1);
    root_.set_version_flag("--version", program_ + " " + std::string(version()) + " (" + std::string(commit()) + ")");
    root_.footer(
        "Exit status: 0 done, 1 failed, 2 wrong usage or settings (which ones: on stderr, all at once).\n"
        "`" +
        program_ + " COMMAND --help` tells more.");
}

CLI::App& command_line::add(const std::string& name, const std::string& what, action run) {
    return add_to(root_, name, what, std::move(run));
}

CLI::App& command_line::add_group(const std::string& name, const std::string& what) {
    auto& group = *root_.add_subcommand(name, what);
    group.require_subcommand(1);
    return group;
}

CLI::App& command_line::add_to(CLI::App& group, const std::string& name, const std::string& what, action run) {
    auto& made = *group.add_subcommand(name, what);
    commands_.push_back({&made, std::move(run)});
    return made;
}

// CLI11 says "A subcommand is required" also when a wrong one was given: what was wrong and what is right is told here.
int command_line::refuse(const CLI::ParseError& error) const {
    const auto& at = named(root_);
    const auto left = root_.remaining(true);
    const auto commands = at.get_subcommands([](const CLI::App*) { return true; });
    const std::string where = &at == &root_ ? program_ : program_ + " " + at.get_name();
    const auto first = left.empty() ? std::string() : "'" + left.front() + "'";
    const bool option = !left.empty() && left.front().starts_with('-');
    std::cerr << where << ": ";
    if (option)
        std::cerr << "unknown option " << first << "; options: " << names_of(at.get_options({}));
    else if (!commands.empty())
        std::cerr << (left.empty() ? "a command is missing" : "unknown command " + first);
    else if (!left.empty())
        std::cerr << "unexpected argument " << first;
    else
        std::cerr << error.what();
    if (!commands.empty()) std::cerr << "; commands: " << names_of(commands);
    std::cerr << "; more: " << where << " --help\n";
    return wrong;
}

int command_line::run(int argc, const char* const* argv) {
    try {
        root_.parse(argc, argv);
    } catch (const CLI::Success& asked) {  // --help, --version
        return root_.exit(asked);
    } catch (const CLI::ParseError& error) {
        return refuse(error);
    }
    try {
        config from;
        const auto& at = named(root_);
        for (const auto& c : commands_)
            if (c.name == &at) return c.run(from);
    } catch (const config_error& e) {
        std::cerr << e.what() << '\n';
        return wrong;
    } catch (const std::exception& e) {
        std::cerr << program_ << ": " << e.what() << '\n';
    }
    return failed;
}

}  // namespace mita
