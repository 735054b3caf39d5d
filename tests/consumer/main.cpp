#include <ogam/ogam.h>
#include <cstdio>

void print(const ogam::ProgressEvent& event) { std::puts(event.message.c_str()); }

int main(int count, char** arguments) {
  auto pack = ogam::Pack::open("starter");
  auto archive = ogam::Archive::open_or_create(arguments[1], pack.spaces());
  ogam::index(archive, pack, {arguments[2]}, {.lanes = ogam::Lane::all(), .on_progress = print});
  for (const auto& moment :
       ogam::search(archive, pack, {.text = arguments[count - 1], .limit = 10}).moments)
    std::printf("%s %.2f\n", moment.path.c_str(), moment.score);
}
