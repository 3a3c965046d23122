// What the page of operators needs of a scrape, as the same text but far shorter: the families it shows, without help
// and types, and of a histogram the buckets in which something is. Used by ops_data.
#pragma once

#include <string>
#include <string_view>

namespace mita::gateway {

// `scrape`: Prometheus text or OpenMetrics; its exemplars stay.
std::string shown_of(std::string_view scrape);

}  // namespace mita::gateway
