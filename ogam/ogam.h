#pragma once

/// The public interface of ogam: open a pack of models, index media into an archive, search it.
///
///     auto pack = ogam::Pack::open("starter");
///     auto archive = ogam::Archive::open_or_create("my-archive", pack.spaces());
///     ogam::index(archive, pack, {"clips/"});
///     for (const auto& moment : ogam::search(archive, pack, {.text = "빨간 자동차"}).moments) ...

#include "archive/archive.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "pipelines/indexing.h"
#include "pipelines/pack.h"
#include "pipelines/search.h"
