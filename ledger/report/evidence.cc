// The section that explains how to check a report, for people who have only the report.
#include <algorithm>

#include "ledger/report/html.h"
#include "ledger/report/sections.h"

namespace envledger {
namespace {

std::string ByTool(const ReportData& data) {
  return "<h3>With the tool, without the ledger</h3>\n<pre>envledger report verify FILE --vkey '" + Html(data.vkey) +
         "'</pre>\n<p>Get the key from a source that you trust, not from this page. The tool checks the checkpoint's "
         "signature and that every entry is in its tree, decodes the entries, and renders this page from them again: a "
         "single changed character is found and named.</p>\n";
}

// Checks one entry with standard programs.
std::string ByHand(const ReportData& data) {
  if (data.entries.empty()) return {};
  const std::string seq = std::to_string(data.entries.begin()->first);
  return "<h3>By hand</h3>\n<p>The checkpoint is a C2SP signed note: its text up to the blank line, with the newline, "
         "is what the Ed25519 key signed. The third line is the root of the RFC 6962 tree over all entries.</p>\n"
         "<pre>sed -n '/^&lt;script type=.application/{n;p}' FILE &gt; evidence.json\n"
         "jq -j .checkpoint evidence.json | sed '/^$/,$d' &gt; text\n"
         "jq -j .checkpoint evidence.json | sed -n '/^$/{n;s/.* //p}' | base64 -d | tail -c 64 &gt; signature\n"
         "(printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; "
         "echo VKEY | cut -d+ -f3- | base64 -d | tail -c 32) &gt; key.der\n"
         "openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in text -sigfile signature\n"
         "# the leaf hash of entry " +
         seq + ", as shown beside its record\n(printf '\\000'; jq -r '.entries[] | select(.[0]==" + seq +
         ") | .[1]' evidence.json | base64 -d) | sha256sum</pre>\n"
         "<p>The nodes in the evidence lead from the leaf hashes to the root: they are the hashes of the largest "
         "subtrees without an embedded entry, from left to right (FORMAT.md).</p>\n";
}

constexpr std::string_view kInBrowser =
    "<div class=\"browser\"><h3>In this browser</h3>\n<p>This is a convenience and not a proof: anybody who could "
    "change this page could change this button. It checks the tree, and the signature with the key above, if the "
    "browser supports Ed25519.</p>\n"
    "<p><button type=\"button\" class=\"button\" id=\"check\">Check signature and proofs</button></p>\n<p "
    "id=\"checked\" role=\"status\"></p></div>\n";

constexpr std::string_view kLimits =
    "<h3>What this cannot show</h3>\n<p>That the report holds every envelope that matches: an entry that was left out "
    "leaves no trace here. The exception is a principal as the only filter: its records are numbered, up to the last "
    "one shown. That the ledger shows the same tree to others: compare the checkpoint with one that was kept "
    "elsewhere, "
    "or witnessed. That the producers recorded the truth.</p>\n";

}  // namespace

std::string EvidenceSection(const ReportContents& contents) {
  const ReportData& data = contents.data;
  std::string html = "<section id=\"check-it\"><h2>How to check this report</h2>\n<div class=\"card\">\n";
  if (data.checkpoint.empty()) {
    return html +
           "<p>This report holds no entries and no checkpoint, so there is nothing to check.</p></div></section>\n";
  }
  html += data.entries.empty()
              ? "<p>This page holds no entries, only a signed checkpoint of the ledger that was queried.</p>\n"
              : "<p>This page embeds the sealed bytes of its " + Grouped(data.entries.size()) +
                    " entries, a signed checkpoint of the ledger, and the proof that all of them are in its tree (" +
                    Grouped(data.nodes.size()) + (data.nodes.size() == 1 ? " node).</p>\n" : " nodes).</p>\n");
  html += "<h3>Checkpoint</h3>\n<pre>";
  // Each line is escaped on its own, so that the lines stay as in the note.
  for (size_t at = 0; at < data.checkpoint.size();) {
    const size_t end = std::min(data.checkpoint.find('\n', at), data.checkpoint.size());
    html += Html(std::string_view(data.checkpoint).substr(at, end - at)) + "\n";
    at = end + 1;
  }
  html += "</pre>\n<h3>Key</h3>\n<pre>" + Html(data.vkey) + "</pre>\n";
  html += ByTool(data) + ByHand(data);
  if (!data.entries.empty()) html += kInBrowser;
  return html + std::string(kLimits) + "</div></section>\n";
}

}  // namespace envledger
