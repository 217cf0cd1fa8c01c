#include "framework/web/form_reader.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "framework/buffer/block_pool.h"
#include "framework/loop/io_loop.h"
#include "framework/web/spool_file.h"

namespace turbo::web {
namespace {

using std::string_literals::operator""s;

constexpr std::string_view kMultipart = "multipart/form-data; boundary=b";
constexpr std::string_view kURLEncoded = "application/x-www-form-urlencoded";

std::string content_of(const FormFile& file) {
  if (file.in_memory()) return file.content.to_string();
  std::string bytes(file.size, '\0');
  const ssize_t read =
      ::pread(file.descriptor->get(), bytes.data(), bytes.size(), static_cast<off_t>(file.offset));
  EXPECT_EQ(read, static_cast<ssize_t>(bytes.size()));
  return bytes;
}

// A form as text, or the status code it is answered with and why.
std::string shown(const absl::StatusOr<Form>& form) {
  if (!form.ok()) {
    return std::to_string(form_error_status(form.status())) + " " +
           std::string(form.status().message());
  }
  std::string text;
  for (const http::Parameter& field : form->fields) {
    text.append(field.name).append("=[").append(field.value).append("]");
  }
  for (const FormFile& file : form->files) {
    text.append(file.name).append("<").append(file.filename).append("|");
    text.append(file.content_type).append(">[").append(content_of(file)).append("]");
  }
  return text;
}

Buffer block_of(std::string_view bytes) { return Buffer::from_string(std::string(bytes)); }

// A multipart part and the end.
std::string part(const std::string& fields, const std::string& data) {
  return "--b\r\nContent-Disposition: form-data; " + fields + "\r\n\r\n" + data + "\r\n";
}
const std::string kEnd = "--b--\r\n";
std::string file_part(const std::string& name, const std::string& data) {
  return part("name=\"" + name + "\"; filename=\"" + name + ".txt\"", data);
}

size_t open_descriptors() {
  return static_cast<size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

class FormReaderTest : public ::testing::Test {
 protected:
  std::unique_ptr<FormReader> make(std::string_view type, const FormOptions& options,
                                   PartRouter router = nullptr) {
    auto reader = FormReader::make(type, options, std::move(router));
    EXPECT_TRUE(reader.ok()) << reader.status().ToString();
    return std::move(*reader);
  }

  template <class T>
  T run(Task<T> task) {
    bool done = false;
    task.start([&done] { done = true; });
    EXPECT_TRUE(done || loop_.run_until([&done] { return done; }, std::chrono::seconds(30)));
    return task.result();
  }

  // All of `body`, cut at `cut`.
  absl::StatusOr<Form> read(std::string_view type, std::string_view body,
                            const FormOptions& options, size_t cut = 0) {
    const std::unique_ptr<FormReader> reader = make(type, options);
    for (const std::string_view piece : {body.substr(0, cut), body.substr(cut)}) {
      const absl::Status fed = run(reader->feed(block_of(piece)));
      if (!fed.ok()) {
        // The first error stays.
        EXPECT_EQ(run(reader->feed(block_of("a"))), fed);
        EXPECT_EQ(run(reader->finish()).status(), fed);
        return fed;
      }
    }
    return run(reader->finish());
  }

  // The form as text, after checking that every two-way split gives the same.
  std::string parse(std::string_view type, std::string_view body, const FormOptions& options = {}) {
    const std::string whole = shown(read(type, body, options));
    for (size_t cut = 1; cut < body.size(); ++cut) {
      EXPECT_EQ(shown(read(type, body, options, cut)), whole) << "cut at " << cut;
      if (HasFailure()) break;
    }
    return whole;
  }
  std::string parse(const std::string& body, const FormOptions& options = {}) {
    return parse(kMultipart, body, options);
  }

  IOLoop loop_;
};

// ---- what is accepted ----

TEST_F(FormReaderTest, reads_urlencoded_fields) {
  EXPECT_EQ(parse(kURLEncoded, "a=1&b=%C3%A9+x&a=2"), "a=[1]b=[\xc3\xa9 x]a=[2]");
  EXPECT_EQ(parse("Application/X-WWW-Form-URLEncoded; Charset=UTF-8", "a"), "a=[]");
  EXPECT_EQ(parse(kURLEncoded, ""), "");
}

TEST_F(FormReaderTest, reads_multipart_fields_and_files) {
  EXPECT_EQ(
      parse(part("name=\"a\"", "1") + file_part("f", "data\r\n--c") + part("name=a", "") +
            part("name=\"g\"; filename=\"\xc3\xa9\"\r\nContent-Type: image/png", "\0\xff\r\n"s) +
            kEnd),
      "a=[1]a=[]f<f.txt|>[data\r\n--c]g<\xc3\xa9|image/png>[\0\xff\r\n]"s);
  EXPECT_EQ(parse(kEnd), "");
}

TEST_F(FormReaderTest, takes_for_a_field_what_has_no_file_name) {
  EXPECT_EQ(
      parse(part("name=f; filename=\"\"\r\nContent-Type: application/octet-stream", "") + kEnd),
      "f=[]");
  EXPECT_EQ(parse(part("name=f\r\nContent-Type: text/plain; charset=UTF-8", "\xc3\xa9") + kEnd),
            "f=[\xc3\xa9]");
}

TEST_F(FormReaderTest, leaves_no_directories_in_file_names) {
  const std::pair<const char*, const char*> names[] = {{"C:\\dir\\a.txt", "a.txt"},
                                                       {"/etc/passwd", "passwd"},
                                                       {"../../a", "a"},
                                                       {"a/..", ""},
                                                       {"..", ""},
                                                       {".", ""},
                                                       {"a/", ""},
                                                       {".a", ".a"},
                                                       {"..\\a/b\\c", "c"}};
  for (const auto& [sent, kept] : names) {
    const absl::StatusOr<Form> form =
        read(kMultipart, part("name=f; filename=\"" + std::string(sent) + "\"", "x") + kEnd, {});
    ASSERT_TRUE(form.ok()) << sent;
    ASSERT_EQ(form->files.size(), 1u) << sent;
    EXPECT_EQ(form->files[0].filename, kept) << sent;
    EXPECT_EQ(form->file("f"), &form->files[0]);
    EXPECT_EQ(form->file("g"), nullptr);
  }
}

// ---- what is refused ----

TEST_F(FormReaderTest, refuses_what_is_no_form) {
  const std::pair<const char*, int> types[] = {
      {"", 415},
      {"text/plain", 415},
      {"multipart/mixed; boundary=b", 415},
      {"application/x-www-form-urlencoded; charset=iso-8859-1", 415},
      {"multipart/form-data; boundary=b; charset=utf-16", 415},
      {"multipart/form-data; boundary=a; boundary=b", 415},
      {"multipart/form-data", 400},
      {"multipart/form-data; boundary=\"\"", 400},
      {"multipart/form-data; boundary=\"a;b\"", 400}};
  for (const auto& [type, status] : types) {
    EXPECT_EQ(form_error_status(FormReader::make(type, {}).status()), status) << type;
  }
}

TEST_F(FormReaderTest, refuses_parts_that_are_malformed) {
  const std::string disposition = "Content-Disposition: form-data; name=a\r\n";
  for (const std::string& fields :
       {""s, "A: b\r\n"s, "Content-Disposition: form-data\r\n"s,
        "Content-Disposition: attachment; name=a\r\n"s, "Content-Disposition: form-data; name\r\n"s,
        disposition + disposition, "Content-Disposition: form-data; name=\"\xff\"\r\n"s,
        "Content-Disposition: form-data; name=a; filename=\"\xff\"\r\n"s,
        disposition + "Content-Type: text\r\n",
        disposition + "Content-Type: text/plain\r\nContent-Type: text/plain\r\n"}) {
    EXPECT_EQ(parse("--b\r\n" + fields + "\r\nx\r\n--b--").substr(0, 4), "400 ") << fields;
  }
  for (const char* fields :
       {"Content-Type: text/plain; charset=iso-8859-1\r\n", "Content-Transfer-Encoding: base64\r\n",
        "content-transfer-encoding: quoted-printable\r\n"}) {
    EXPECT_EQ(parse("--b\r\n" + disposition + fields + "\r\nx\r\n--b--").substr(0, 4), "415 ")
        << fields;
  }
  EXPECT_EQ(parse("--b\r\n" + disposition + "Content-Transfer-Encoding: 8BIT\r\n\r\nx\r\n--b--"),
            "a=[x]");
}

TEST_F(FormReaderTest, refuses_bodies_that_are_malformed) {
  EXPECT_EQ(parse(part("name=a", "\xff") + kEnd), "400 a field is not UTF-8");
  EXPECT_EQ(parse(kURLEncoded, "a=%ff"), "400 a field is not UTF-8");
  EXPECT_EQ(parse(kURLEncoded, "a=%f"), "400 a '%' that two hex digits do not follow");
  EXPECT_EQ(parse(file_part("f", "data")), "400 the body ends without its closing delimiter");
  EXPECT_EQ(parse(file_part("f", "data") + "--bx"), "400 bytes behind a delimiter");
}

// ---- limits ----

TEST_F(FormReaderTest, keeps_its_limits) {
  FormOptions options;
  options.max_fields = 2;
  options.max_name_bytes = 2;
  options.max_field_bytes = 4;
  options.max_fields_bytes = 9;
  options.max_file_bytes = 6;
  options.memory_bytes = 8;
  options.max_parts = 3;
  EXPECT_EQ(parse(part("name=ab", "1234") + part("name=c", "56") + file_part("f", "123456") + kEnd,
                  options),
            "ab=[1234]c=[56]f<f.txt|>[123456]");
  const auto refused = [&](const std::string& body) { return parse(body + kEnd, options); };
  EXPECT_EQ(refused(part("name=a", "") + part("name=a", "") + part("name=a", "")),
            "413 too many fields");
  EXPECT_EQ(refused(part("name=abc", "")), "413 a field's name is too long");
  EXPECT_EQ(refused(file_part("abc", "")), "413 a field's name is too long");
  EXPECT_EQ(refused(part("name=a", "12345")), "413 a field is too large");
  EXPECT_EQ(refused(part("name=ab", "1234") + part("name=c", "567")),
            "413 the fields are too large");
  EXPECT_EQ(refused(file_part("f", "1234567")), "413 a file is too large");
  EXPECT_EQ(refused(file_part("f", "12345") + file_part("g", "1234")),
            "413 the files are too large");
  EXPECT_EQ(
      refused(file_part("f", "") + file_part("f", "") + file_part("f", "") + file_part("f", "")),
      "413 too many parts");
  EXPECT_EQ(parse(kURLEncoded, "a&a&a", options), "413 too many parameters");
  options.max_total_bytes = 5;
  EXPECT_EQ(parse(kURLEncoded, "a&b=1", options), "a=[]b=[1]");
  EXPECT_EQ(parse(kURLEncoded, "a&b=12", options), "413 the form is too large");
  EXPECT_EQ(parse(kEnd, options), "413 the body is too large");
}

TEST_F(FormReaderTest, limits_the_fields_of_a_part) {
  FormOptions options;
  options.max_part_header_bytes = 60;
  EXPECT_EQ(parse(part("name=a", "1") + kEnd, options), "a=[1]");
  EXPECT_EQ(parse(part("name=" + std::string(60, 'a'), "1") + kEnd, options),
            "413 a part's fields are too large");
  options = FormOptions();
  options.max_part_header_count = 1;
  EXPECT_EQ(parse(part("name=a\r\nA: b", "1") + kEnd, options), "413 too many header fields");
}

// ---- disk ----

TEST_F(FormReaderTest, moves_files_to_the_disk_when_they_pass_the_memory) {
  BlockingPool pool;
  FormOptions options;
  options.pool = &pool;
  options.memory_bytes = 10;
  const std::string body = file_part("a", "12345") + file_part("b", "1234567") +
                           file_part("c", "123") + file_part("d", "123456") + kEnd;
  for (size_t cut = 0; cut < body.size(); ++cut) {
    const absl::StatusOr<Form> form = read(kMultipart, body, options, cut);
    ASSERT_EQ(shown(form), "a<a.txt|>[12345]b<b.txt|>[1234567]c<c.txt|>[123]d<d.txt|>[123456]");
    EXPECT_TRUE(form->files[0].in_memory());
    EXPECT_FALSE(form->files[1].in_memory());
    EXPECT_TRUE(form->files[2].in_memory());
    EXPECT_FALSE(form->files[3].in_memory());
    EXPECT_EQ(form->files[1].descriptor, form->files[3].descriptor) << "one descriptor a form";
    struct stat status = {};
    ASSERT_EQ(::fstat(form->files[1].descriptor->get(), &status), 0);
    EXPECT_EQ(status.st_nlink, 0u) << "a name that would stay behind";
    EXPECT_EQ(status.st_mode & 0777, 0600u);
  }
}

TEST_F(FormReaderTest, writes_a_large_file_in_batches) {
  BlockingPool pool;
  FormOptions options;
  options.pool = &pool;
  std::string data(3 << 20, 'x');
  for (size_t i = 0; i < data.size(); i += 1000) data[i] = static_cast<char>(i / 1000);
  const std::string body = file_part("f", data) + part("name=a", "1") + kEnd;
  const size_t before = open_descriptors();
  {
    const std::unique_ptr<FormReader> reader = make(kMultipart, options);
    for (size_t at = 0; at < body.size(); at += 10000) {
      ASSERT_TRUE(run(reader->feed(block_of(std::string_view(body).substr(at, 10000)))).ok());
    }
    const absl::StatusOr<Form> form = run(reader->finish());
    ASSERT_TRUE(form.ok());
    EXPECT_EQ(form->fields.first("a"), "1");
    EXPECT_TRUE(content_of(form->files[0]) == data);
    EXPECT_EQ(open_descriptors(), before + 1);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(FormReaderTest, answers_507_for_a_full_disk_and_leaves_nothing_behind) {
  BlockingPool pool;
  FormOptions options;
  options.pool = &pool;
  const std::string body = file_part("f", std::string(2 << 20, 'x')) + kEnd;
  ASSERT_TRUE(read(kMultipart, body, options).ok());  // the pool's thread and the loop are there
  const size_t before = open_descriptors();
  rlimit limit = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small = {1 << 20, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::StatusOr<Form> form = read(kMultipart, body, options, 100);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_EQ(form_error_status(form.status()), 507) << form.status().ToString();
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(read(kMultipart, body, options).ok()) << "the next one";
}

TEST_F(FormReaderTest, answers_500_where_no_file_can_be_made) {
  BlockingPool pool;
  FormOptions options;
  options.pool = &pool;
  options.memory_bytes = 0;
  options.spool_directory = "/nowhere";
  EXPECT_EQ(shown(read(kMultipart, file_part("f", "x") + kEnd, options)),
            "500 writing a temporary file: No such file or directory (ENOENT)");
}

// A pool whose only thread waits until release().
class BusyPool {
 public:
  explicit BusyPool(size_t queue_limit) : pool_(options(queue_limit)) {
    auto wait = [this, released = gate_.get_future().share()] {
      begun_.set_value();
      released.wait();
    };
    pool_.run(std::move(wait), [](absl::Status) {});
    begun_.get_future().wait();
  }
  ~BusyPool() {
    if (!released_) release();
  }
  BlockingPool& pool() { return pool_; }
  void release() {
    released_ = true;
    gate_.set_value();
  }

 private:
  static BlockingPoolOptions options(size_t queue_limit) {
    BlockingPoolOptions options;
    options.max_threads = 1;
    options.queue_limit = queue_limit;
    return options;
  }

  std::promise<void> begun_;
  std::promise<void> gate_;
  bool released_ = false;
  BlockingPool pool_;
};

TEST_F(FormReaderTest, takes_no_more_while_the_disk_is_slow) {
  BusyPool busy(8);
  FormOptions options;
  options.pool = &busy.pool();
  options.memory_bytes = 0;
  const std::unique_ptr<FormReader> reader = make(kMultipart, options);
  const std::string head = file_part("f", "");
  ASSERT_TRUE(run(reader->feed(block_of(head.substr(0, head.size() - 2)))).ok());
  Task<absl::Status> feeding = reader->feed(block_of(std::string(SpoolFile::kBatchBytes, 'x')));
  bool done = false;
  feeding.start([&done] { done = true; });
  for (int i = 0; i < 100; ++i) loop_.run_once();
  EXPECT_FALSE(done);
  busy.release();
  EXPECT_TRUE(loop_.run_until([&done] { return done; }, std::chrono::seconds(30)));
  EXPECT_TRUE(feeding.result().ok());
  ASSERT_TRUE(run(reader->feed(block_of("\r\n" + kEnd))).ok());
  EXPECT_EQ(run(reader->finish())->files[0].size, SpoolFile::kBatchBytes);
}

TEST_F(FormReaderTest, may_be_dropped_while_the_disk_is_slow) {
  const size_t before = open_descriptors();
  {
    BusyPool busy(8);
    FormOptions options;
    options.pool = &busy.pool();
    options.memory_bytes = 0;
    std::unique_ptr<FormReader> reader = make(kMultipart, options);
    {
      const std::string body = file_part("f", std::string(SpoolFile::kBatchBytes, 'x'));
      Task<absl::Status> feeding = reader->feed(block_of(body));
      feeding.start([] { ADD_FAILURE() << "ended"; });
    }
    reader.reset();
    busy.release();
  }
  for (int i = 0; i < 100; ++i) loop_.run_once();
  EXPECT_LE(open_descriptors(), before);
}

TEST_F(FormReaderTest, answers_503_when_the_pool_is_overloaded) {
  BusyPool busy(1);
  FormOptions options;
  options.pool = &busy.pool();
  options.memory_bytes = 0;
  busy.pool().run([] {}, [](absl::Status) {});
  ASSERT_EQ(busy.pool().queued(), 1u);
  EXPECT_EQ(shown(read(kMultipart, file_part("f", "x") + kEnd, options)),
            "503 no thread is free to write files");
  busy.release();
}

// A client chooses how short its pieces are, and each comes in a block of its own.
TEST_F(FormReaderTest, short_pieces_do_not_keep_their_blocks) {
  BlockingPool pool;
  SpoolFile spool(pool, ::testing::TempDir());
  const uint64_t before = BlockPool::local().counters().misses;
  for (int i = 0; i < 50'000; ++i) {
    Buffer piece;
    piece.reserve(1, 16384)[0] = static_cast<char>('a' + i % 26);
    piece.commit(1);
    ASSERT_TRUE(run(spool.append(std::move(piece))).ok());
  }
  EXPECT_LT(BlockPool::local().counters().misses - before, 100u);
  ASSERT_TRUE(run(spool.flush()).ok());
  FormFile file;
  file.descriptor = spool.descriptor();
  file.size = spool.size();
  const std::string content = content_of(file);
  ASSERT_EQ(content.size(), 50'000u);
  for (size_t i = 0; i < content.size(); ++i) ASSERT_EQ(content[i], 'a' + i % 26) << i;
}

// ---- saving ----

TEST_F(FormReaderTest, saves_files_from_memory_and_disk) {
  BlockingPool pool;
  FormOptions options;
  options.pool = &pool;
  options.memory_bytes = 5;
  const std::string body = file_part("a", "1234") + file_part("b", "123456") +
                           file_part("c", "12") + file_part("d", "") + kEnd;
  absl::StatusOr<Form> form = read(kMultipart, body, options);
  ASSERT_TRUE(form.ok());
  const std::string directory = ::testing::TempDir() + "saves_files";
  std::filesystem::create_directory(directory);
  for (FormFile& file : form->files) {
    const std::string path = directory + "/" + file.name;
    const std::string content = content_of(file);
    ASSERT_TRUE(run(save_file(pool, std::move(file), path)).ok());
    std::ifstream saved(path, std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(saved), {}), content) << path;
  }
  const absl::Status again = run(save_file(pool, FormFile(), directory + "/a"));
  EXPECT_EQ(again.message(), "saving a file: File exists (EEXIST)");
  EXPECT_EQ(std::filesystem::file_size(directory + "/a"), 4u);
  std::filesystem::remove_all(directory);
}

TEST_F(FormReaderTest, leaves_no_half_saved_file) {
  BlockingPool pool;
  FormOptions options;
  options.pool = &pool;
  absl::StatusOr<Form> form =
      read(kMultipart, file_part("f", std::string(2 << 20, 'x')) + kEnd, options);
  ASSERT_TRUE(form.ok());
  const std::string path = ::testing::TempDir() + "half_saved";
  rlimit limit = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small = {1 << 20, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status saved = run(save_file(pool, std::move(form->files[0]), path));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_EQ(form_error_status(saved), 507) << saved.ToString();
  EXPECT_FALSE(std::filesystem::exists(path));
}

// Whether the pool has not begun or has just ended makes no difference.
TEST_F(FormReaderTest, saves_nothing_for_a_task_that_is_gone) {
  const std::string path = ::testing::TempDir() + "gone_before";
  const std::string other = ::testing::TempDir() + "gone_behind";
  {
    BusyPool busy(8);
    FormFile file;
    file.content = block_of("bytes");
    Task<absl::Status> early = save_file(busy.pool(), std::move(file), path);
    early.start([] { ADD_FAILURE() << "ended"; });
    early = Task<absl::Status>();
    Task<absl::Status> late = save_file(busy.pool(), FormFile(), other);
    late.start([] { ADD_FAILURE() << "ended"; });
    std::promise<void> behind;
    busy.pool().run([&behind] { behind.set_value(); }, [](absl::Status) {});
    busy.release();
    behind.get_future().wait();
    EXPECT_TRUE(std::filesystem::exists(other)) << "written, and not yet told";
    late = Task<absl::Status>();
  }
  for (int i = 0; i < 100; ++i) loop_.run_once();
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(other));
}

// ---- sinks ----

// Keeps what it is given as text: "+" begun, "." finished, "~" destroyed.
class LogSink final : public PartSink {
 public:
  LogSink(std::string& log, absl::Status answer) : log_(log), answer_(std::move(answer)) {
    log_ += "+";
  }
  ~LogSink() override { log_ += "~"; }
  Task<absl::Status> write(Buffer piece) override {
    log_ += piece.to_string();
    co_return answer_;
  }
  Task<absl::Status> finish() override {
    log_ += ".";
    co_return absl::OkStatus();
  }

 private:
  std::string& log_;
  absl::Status answer_;
};

// Sends parts called "s" to a LogSink and refuses those called "no".
PartRouter log_router(std::string& log, absl::Status answer = absl::OkStatus()) {
  return [&log, answer](const PartHead& head) -> absl::StatusOr<std::unique_ptr<PartSink>> {
    if (head.name == "no") return absl::UnimplementedError("no such field");
    if (head.name != "s") return nullptr;
    EXPECT_EQ(head.fields.size(), 1u);
    return std::make_unique<LogSink>(log, answer);
  };
}

TEST_F(FormReaderTest, hands_parts_to_sinks) {
  const std::string body = part("name=a", "1") + part("name=s", "field") + file_part("s", "file") +
                           file_part("f", "kept") + kEnd;
  for (size_t cut = 0; cut < body.size(); ++cut) {
    std::string log;
    const std::unique_ptr<FormReader> reader = make(kMultipart, {}, log_router(log));
    ASSERT_TRUE(run(reader->feed(block_of(body.substr(0, cut)))).ok());
    ASSERT_TRUE(run(reader->feed(block_of(body.substr(cut)))).ok());
    EXPECT_EQ(shown(run(reader->finish())), "a=[1]f<f.txt|>[kept]");
    EXPECT_EQ(log, "+field.~+file.~");
  }
}

TEST_F(FormReaderTest, throws_sinks_away_that_were_not_finished) {
  std::string log;
  std::unique_ptr<FormReader> reader = make(kMultipart, {}, log_router(log));
  ASSERT_TRUE(run(reader->feed(block_of(file_part("s", "half") + "--"))).ok());
  EXPECT_EQ(log, "+half");
  EXPECT_EQ(form_error_status(run(reader->finish()).status()), 400);
  EXPECT_EQ(log, "+half~");
}

TEST_F(FormReaderTest, ends_with_the_error_of_a_sink_or_router) {
  std::string log;
  std::unique_ptr<FormReader> reader =
      make(kMultipart, {}, log_router(log, absl::ResourceExhaustedError("full")));
  EXPECT_EQ(run(reader->feed(block_of(file_part("s", "x")))).message(), "full");
  EXPECT_EQ(log, "+x~");
  reader = make(kMultipart, {}, log_router(log));
  EXPECT_EQ(run(reader->feed(block_of(part("name=no", "x")))).message(), "no such field");
}

TEST_F(FormReaderTest, limits_what_sinks_get) {
  FormOptions options;
  options.max_file_bytes = 3;
  std::string log;
  const std::unique_ptr<FormReader> reader = make(kMultipart, options, log_router(log));
  EXPECT_EQ(run(reader->feed(block_of(part("name=s", "1234")))).message(), "a file is too large");
}

}  // namespace
}  // namespace turbo::web
