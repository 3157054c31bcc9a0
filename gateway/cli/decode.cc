#include "gateway/cli/decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <istream>
#include <ostream>

#include "gateway/base/printable.h"
#include "gateway/cli/format_options.h"
#include "gateway/cli/message_json.h"

namespace gw::cli {
namespace {

constexpr std::string_view decode_help =
    "usage: cc-gateway decode --format F [--dialect D] [--precision P] [--compression C] <BODY\n"
    "\n"
    "Prints what the gateway reads in a body from standard input, one JSON object a line:\n"
    "\n"
    "  "
    "{\"name\":\"cpu\",\"tags\":{\"host\":\"a\"},\"fields\":{\"value\":{\"float\":1.5}},\"time\":1722945600000000000}\n"
    "\n"
    "A field's type is float, int, uint, string or bool; a float that JSON cannot write is the text\n"
    "\"NaN\", \"+Inf\" or \"-Inf\". The time is in nanoseconds, null where the body has none. Of fields that\n"
    "stand twice the last one is shown; bytes that are no UTF-8 are shown as U+FFFD; a number in JSON\n"
    "without fraction or exponent is an int, or a uint where it is too large for one. A native\n"
    "histogram has the fields count, sum and one a bucket, named by its bounds.\n"
    "\n"
    "What cannot be read is told on standard error as LINE:COLUMN: REASON (in binary formats the\n"
    "column is the byte), and the next record goes on; exit code 1 if there was any. A line 'note: …'\n"
    "tells what is right but has no place in a message.\n"
    "\n"
    "  --format F        one of the list below\n"
    "  --dialect D       where a format has several; the first one listed is the default\n"
    "  --precision P     s, ms, us or ns: of times that do not say it; default: by their magnitude\n"
    "                    (below 5e9 s, 5e12 ms, 5e15 us, else ns)\n"
    "  --compression C   none, gzip or snappy; default: gzip where the body begins like it, snappy in\n"
    "                    remote_write\n"
    "\n"
    "formats:\n";

constexpr std::string_view encode_help =
    "usage: cc-gateway encode --format F [--dialect D] [--precision P] [--compression C] <MESSAGES\n"
    "\n"
    "The inverse of 'decode': reads messages from standard input, one JSON object a line, and prints\n"
    "the body that holds them. A message that the format cannot carry is told on standard error as\n"
    "LINE: REASON and left out. Exit code 1 if there was any.\n"
    "\n"
    "  --format F        one of the list below\n"
    "  --dialect D       where a format has several; the first one listed is the default\n"
    "  --precision P     s, ms, us or ns: of the times that are written, rounded down to it;\n"
    "                    default: ns; clustercockpit: s in metrics. 'decode' guesses it by magnitude:\n"
    "                    give it the same where times may lie near 1970; remote_write takes none:\n"
    "                    its times are whole milliseconds\n"
    "  --compression C   none, gzip or snappy; default: snappy in remote_write\n"
    "\n"
    "formats:\n";

int wrong(std::ostream& err, std::string_view command, std::string_view text) {
  const bool names_a_file = text.starts_with("unexpected argument");
  err << fmt::format("cc-gateway {}: {}{}\n", command, text,
                     names_a_file ? "; the input comes from standard input, for example: <FILE" : "");
  return usage;
}

/// Nothing where `in` gives more than a body may have.
std::optional<std::string> read_all(std::istream& in) {
  std::string body;
  std::array<char, 64 << 10> piece;
  while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
    const auto size = static_cast<std::size_t>(in.gcount());
    if (size > body_bytes_max - body.size()) return std::nullopt;
    body.append(piece.data(), size);
  }
  return body;
}

class Printer : public Findings {
 public:
  Printer(std::ostream& out, std::ostream& err) : out_(out), err_(err) {}
  void message(const codecs::Message& message) override {
    line_.clear();
    append_json(line_, message);
    out_ << line_ << '\n';
  }
  void problem(std::size_t line, std::size_t column, std::string_view reason) override {
    err_ << fmt::format("{}:{}: {}\n", line, column, printable(reason));
    ++problems_;
  }
  void note(std::string_view text) override { err_ << "note: " << printable(text) << '\n'; }
  bool had_problems() const { return problems_ > 0; }

 private:
  std::ostream& out_;
  std::ostream& err_;
  std::string line_;
  std::size_t problems_ = 0;
};

/// Encodes line after line; answers whether all of them could be.
bool encode_lines(std::string_view text, MessageEncoder& encoder, std::ostream& err) {
  bool good = true;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto message = message_of_json(line);
    const auto added = message ? encoder.add(*message) : std::unexpected(message.error());
    if (added) continue;
    err << fmt::format("{}: {}\n", number, printable(added.error()));
    good = false;
  }
  return good;
}

}  // namespace

int decode(Arguments arguments, std::istream& in, std::ostream& out, std::ostream& err) {
  const auto options = Options::parse(arguments, format_options);
  if (!options) return wrong(err, "decode", options.error());
  if (options->has("--help")) {
    out << decode_help << help_of_formats(false);
    return done;
  }
  FormatChoice choice;
  if (const auto read = read_format_choice(*options, choice); !read) return wrong(err, "decode", read.error());

  auto body = read_all(in);
  if (!body) {
    err << fmt::format("cc-gateway decode: the body has more than {} bytes\n", body_bytes_max);
    return failed;
  }
  const auto plain = unpack(std::move(*body), choice);
  if (!plain) {
    err << fmt::format("1:1: {}\n", plain.error());
    return failed;
  }
  Printer printer(out, err);
  choice.format->decode(plain->body, choice.options, printer);
  if (!printer.had_problems()) return done;
  // What is cut or was never snappy fails as protobuf, which says nothing to the one who has a snappy body.
  if (!plain->not_snappy.empty()) printer.note(fmt::format("read as it is, because as snappy: {}", plain->not_snappy));
  return failed;
}

int encode(Arguments arguments, std::istream& in, std::ostream& out, std::ostream& err) {
  const auto options = Options::parse(arguments, format_options);
  if (!options) return wrong(err, "encode", options.error());
  if (options->has("--help")) {
    out << encode_help << help_of_formats(true);
    return done;
  }
  FormatChoice choice;
  if (const auto read = read_format_choice(*options, choice); !read) return wrong(err, "encode", read.error());
  if (choice.format->encode == nullptr)
    return wrong(err, "encode", fmt::format("the gateway only reads format '{}'", choice.format->name));

  const auto text = read_all(in);
  if (!text) {
    err << fmt::format("cc-gateway encode: more than {} bytes of messages\n", body_bytes_max);
    return failed;
  }
  const auto encoder = choice.format->encode(choice.options);
  const bool good = encode_lines(*text, *encoder, err);
  out << pack(encoder->take(), choice);
  return good ? done : failed;
}

}  // namespace gw::cli
