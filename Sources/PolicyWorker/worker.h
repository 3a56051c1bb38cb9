// spawngate-policy: what the files of the policy worker share. The worker is one thread that reads frames, runs Lua and
// writes answers; it opens nothing, allocates nothing from the system and knows nothing of sessions.
#ifndef SPAWNGATE_WORKER_H
#define SPAWNGATE_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>

enum {
    answer_page_bytes = 1 << 20,   // shared with the server, see answer.c
    frame_limit_bytes = 16 << 20,  // a policy set, or a request
    file_limit = 1024,             // policies, modules and tests of one set
    denial_limit = 64,             // of one policy in one decision
    reason_limit_bytes = 2048,
    rule_limit_bytes = 128,
    failure_limit_bytes = 4096,
};

/// How the worker ends by itself; the server sees it as the exit status.
enum { exit_finished = 0, exit_load_failed = 1, exit_protocol = 2, exit_setup = 3, exit_orphaned = 4 };

/// The exit system call itself: after lock-down libc's way out (exit_group) would be a SIGKILL.
_Noreturn void leave(int status);

// lockdown.c
/// Takes from the process everything but read, write, exit and sigreturn. False, when the kernel refuses.
bool lock_down(void);
/// Tells the watchdog that a new piece of work has begun.
void work_began(void);

// arena.c
/// Reserves memory for a Lua state that may use `limit` bytes. False, when the kernel refuses.
bool arena_reserve(size_t limit);
/// A lua_Alloc over the arena.
void *arena_allocate(void *unused, void *block, size_t old_size, size_t new_size);
/// Remembers the arena as it is now.
void arena_snapshot(void);
/// Makes the arena what it was at the snapshot, byte for byte.
void arena_restore(void);
/// True once an allocation has failed for good since the last snapshot or restore, also where Lua caught the error.
bool arena_exhausted(void);
/// The bytes that the Lua state may use.
size_t arena_limit(void);

// answer.c
void answer_use(unsigned char *page);
/// Begins an empty body.
void answer_begin(void);
/// Tells the server which policy is running.
void answer_running(uint32_t policy);
/// Keeps `bytes` of the page free for what must still be said after this.
void answer_reserve(size_t bytes);
void answer_text(const char *text);
void answer_json_string(const char *text, size_t length);
void answer_number(long number);
/// The place of the next byte, for answer_rewind.
size_t answer_position(void);
/// What was written from `place` on.
const char *answer_bytes(size_t place);
/// Forgets what was written after `position`, and that it did not fit.
void answer_rewind(size_t position);
bool answer_overflowed(void);
/// Shows the server everything written so far.
void answer_publish(void);
uint32_t answer_length(void);

// policyset.c
enum file_kind { kind_policy = 'P', kind_library = 'L', kind_test = 'T' };

struct file {
    enum file_kind kind;
    const char *name, *text;
    size_t name_length, text_length;
    char chunk_name[260];  // "@" and the name: what Lua's messages call the file
};

struct policy {
    const struct file *file;
    const char *name, *description;
    size_t name_length, description_length;
    int decide;  // a reference in the registry
};

/// The files of the set in the order they came, out of the frame. False, when the frame is not a policy set.
bool policyset_parse(const unsigned char *frame, size_t length);
/// Runs every policy's chunk. False, when one cannot be used: `last_failure` says why.
bool policyset_load(lua_State *L);
/// Runs the set's tests over the loaded policies. False, when one fails: `last_failure` says why. Where a report is
/// wanted all of them run, and it has the failures.
bool policyset_test(lua_State *L);
bool policyset_is_named(const struct policy *policy, const char *name);
/// Writes the load answer: the policies (and the report, where one is wanted), or `last_failure`. True where the answer
/// is the policies.
bool policyset_answer(lua_State *L, bool loaded);
/// Calls `run` with the file (as light userdata), protected. False, when it fails: `last_failure` says why.
bool policyset_call(lua_State *L, lua_CFunction run, const struct file *file);
/// The library module `name` ("lib.site"), or NULL.
const struct file *policyset_module(const char *name);
/// The bytes that `policy` and those after it need at least in an answer.
size_t policyset_minimum_answer(size_t policy);
/// The file at that place in the set; NULL behind the last.
const struct file *policyset_file_at(size_t index);
/// The file of that name, or NULL.
const struct file *policyset_file(const char *name);
/// True where `source` (as in lua_Debug) is one of the set's files; `name` is then the file's name.
bool policyset_owns(const char *source, const char **name);
extern struct policy policies[file_limit];
extern size_t policy_count;

// decide.c
/// Judges one request by every policy and appends what they say to the answer. False where something did not fit.
bool decide(lua_State *L, const unsigned char *request, size_t length);
/// Judges one request of a batch and appends a list to the answer; where it does not fit, appends nothing: false.
bool decide_next(lua_State *L, const unsigned char *request, size_t length);
/// Asks one policy; a message handler is at 1, the request at 2. True where it ran to its end as it should, with its
/// denials in the answer page; otherwise `last_failure` says why not.
bool decide_ask(lua_State *L, const struct policy *policy);
/// What the policy last asked said in its last denial; NULL where it did not deny.
const char *decide_last_denial(void);
/// True where the policy last asked denied by `rule`.
bool decide_denied_by(const char *rule);
/// The rule of the denial number `index` of the policy last asked, from 0; NULL behind the last.
const char *decide_rule(int index);
/// True while a policy is asked.
bool decide_is_asking(void);
/// The `deny` that policies call. Its upvalue is `string.format`.
int decide_deny(lua_State *L);

// narrow.c, narrow_answer.c
/// Makes room for what the others keep in the registry: once, before any policy's chunk runs.
void narrow_prepare(lua_State *L);
/// The `narrow` that policies call.
int narrow_call(lua_State *L);
/// Forgets what the policies of the decision before said.
void narrow_begin_decision(void);
/// A policy is about to be asked about the request at `request`.
void narrow_begin_policy(lua_State *L, int request);
/// Adds what the policy said to what those before it did. Otherwise says why that cannot be.
const char *narrow_end_policy(void);
/// True where the policy last asked narrows, and where one of the decision does.
bool narrow_called(void);
bool narrow_is_any(void);
/// Writes what the policy last asked said.
void narrow_answer_policy(void);
/// Writes the members of the request that all policies together grant less of, as they are granted; null for none.
void narrow_answer_granted(void);
/// Reads what a test expects to be granted from the table at `index`. Raises a Lua error where that is wrong.
void narrow_expect(lua_State *L, int index);
bool narrow_is_as_expected(void);

// failure.c
struct failure {
    int line;  // 0 where there is none
    char file[256], message[failure_limit_bytes];
};

/// Forgets the last failure.
void failure_begin(void);
/// A message handler: fills `last_failure` from the error on the stack. Runs no policy code.
int failure_handler(lua_State *L);
/// Fills in what the handler could not see: the file (NULL where there is none), or everything where it did not run.
void failure_complete(const struct file *file);
/// A failure that Lua knows nothing of.
void failure_set(const struct file *file, const char *message);
/// "used more than 16 MiB of memory".
void failure_of_memory(void);
/// The failure as one text, "file:line: message" and the calls that led there.
void failure_text(char *text, size_t size);
extern struct failure last_failure;

// json_in.c
/// Pushes the read-only table of one JSON object. Raises a Lua error where the text is not JSON.
void json_push(lua_State *L, const unsigned char *text, size_t length);

// sandbox.c
/// Builds what all policies share: once, before any policy's chunk runs.
void sandbox_build(lua_State *L);
/// Pushes a new globals table, holding exactly the allow-list.
void sandbox_push_globals(lua_State *L);

// readonly.c
/// Replaces the table on top of the stack by a read-only view of it; `owner` is its name in error messages.
void readonly_wrap(lua_State *L, const char *owner);
/// Pushes a read-only copy of the value at `index`, at every depth. Raises a Lua error where it is nested too deeply.
void readonly_push_copy(lua_State *L, int index, const char *owner);
/// Pushes the table behind the view at `index` and returns true; pushes nothing where it is no view.
bool readonly_push_data(lua_State *L, int index);
/// Pushes the table at `index`, or the one behind it where it is a view. Raises a Lua error where it is no table.
void readonly_push_table(lua_State *L, int index);

// base.c, ordered.c, require.c: parts of Lua's base library, made safe
int base_tostring(lua_State *L);
int base_setmetatable(lua_State *L);
int base_rawget(lua_State *L);
int base_rawlen(lua_State *L);
int base_rawset(lua_State *L);
int base_format(lua_State *L);
int ordered_pairs(lua_State *L);
int ordered_next(lua_State *L);
/// Pushes a `require` for the policy whose globals table is at `globals`, with its own instances of the modules.
void require_push(lua_State *L, int globals);
/// Pushes the compiled chunk of `file` with the globals at `globals`. Otherwise pushes the compiler's message.
bool require_compile(lua_State *L, const struct file *file, int globals);

// tests.c
/// Runs one test file. False, when it fails and no report is wanted: `last_failure` says why.
bool tests_run(lua_State *L, const struct file *file);

// report.c
/// From now on tests are reported, and a failing one stops nothing.
void report_want(void);
bool report_is_wanted(void);
/// Notes a test's outcome; `complaint` is NULL where it passed.
void report_test(const struct file *file, int line, const char *test, const char *complaint);
/// Notes the rules by which the policy last asked denied.
void report_denials(size_t policy);
/// True once there was more to note than there is room for.
bool report_overflowed(void);
/// Writes the members "tests" and "coverage".
void report_answer(lua_State *L);

// coverage.c
/// Notes from now on which lines run.
void coverage_begin(lua_State *L);
/// Writes the elements {"file", "lines", "hit"}, the latter two as lists of line numbers.
void coverage_answer(lua_State *L);

// path.c, glob.c, tool.c: what policies ask of names
bool path_is_within(const char *path, size_t length, const char *root, size_t root_length);
bool tool_rule_covers(const char *granted, const char *asked);
extern const luaL_Reg path_functions[], glob_functions[], tool_functions[];

#endif
