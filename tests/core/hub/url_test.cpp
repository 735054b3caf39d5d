#include "core/hub/url.h"

#include <gtest/gtest.h>

namespace ogam::hub {
namespace {

std::string followed(const char* base, const char* location) {
  const auto url = follow(parse_url(base).value(), location);
  return url ? url->text() : "nowhere";
}

TEST(UrlTest, AddressesAreTakenApart) {
  const auto url = parse_url("HTTPS://Hub.Example:8443/a%20b?q=1#part").value();
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.host, "hub.example");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/a%20b?q=1");
  EXPECT_EQ(parse_url("http://[2001:DB8::1]:80/x")->text(), "http://[2001:db8::1]/x");
  EXPECT_EQ(parse_url("https://a")->port, 443);
  EXPECT_EQ(parse_url("http://a?x")->target, "/?x");
}

TEST(UrlTest, WhatCouldChangeTheRequestIsEncodedOrRefused) {
  EXPECT_EQ(parse_url("http://a/b c/한")->target, "/b%20c/%ED%95%9C");
  for (const char* text :
       {"", "a", "ftp://a/", "http://", "http:///x", "http://a:0/", "http://a:65536/",
        "http://a:1x/", "http://a b/", "http://[::1/", "http://[x]/", "http://a/\r\nHost: b",
        "http://a/\x01", "http://user:pass@a/", "file:///etc/passwd"}) {
    EXPECT_FALSE(parse_url(text).has_value()) << text;
  }
}

TEST(UrlTest, RedirectsAreResolvedAgainstWhereTheyCameFrom) {
  const char* const base = "http://hub:8000/a/b?x=1";
  EXPECT_EQ(followed(base, "https://cdn/c?s=a%2Bb,c"), "https://cdn/c?s=a%2Bb,c");
  EXPECT_EQ(followed(base, "//cdn/c"), "http://cdn/c");
  EXPECT_EQ(followed(base, "/c"), "http://hub:8000/c");
  EXPECT_EQ(followed(base, "c"), "http://hub:8000/a/c");
  EXPECT_EQ(followed(base, "?y=2"), "http://hub:8000/a/b?y=2");
}

TEST(UrlTest, RedirectsToLessSafePlacesAreNotFollowed) {
  EXPECT_EQ(followed("https://hub/a", "http://hub/a"), "nowhere");
  EXPECT_EQ(followed("https://hub/a", "http://user:pass@hub/a"), "nowhere");
  EXPECT_EQ(followed("https://hub/a", "file:///etc/passwd"), "nowhere");
  EXPECT_EQ(followed("https://hub/a", ""), "nowhere");
}

TEST(UrlTest, AnOriginIsSchemeHostAndPort) {
  const auto hub = parse_url("https://hub/a").value();
  EXPECT_TRUE(hub.same_origin(parse_url("https://HUB:443/b").value()));
  EXPECT_FALSE(hub.same_origin(parse_url("https://hub:444/a").value()));
  EXPECT_FALSE(hub.same_origin(parse_url("http://hub:443/a").value()));
  EXPECT_FALSE(hub.same_origin(parse_url("https://hub.evil/a").value()));
}

TEST(UrlTest, OnlyUnreservedLettersAreLeftAsTheyAre) {
  EXPECT_EQ(percent_encode("a/b c한%", "/"), "a/b%20c%ED%95%9C%25");
  EXPECT_EQ(percent_encode("refs/pr/1"), "refs%2Fpr%2F1");
}

}  // namespace
}  // namespace ogam::hub
