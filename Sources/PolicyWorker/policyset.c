// A policy set: the files as they came, the policies they make, and the load answer
// {"policies": [{name, file, description}], "error": null or {file, line or null, message}}.
#include "worker.h"

#include <stdio.h>
#include <string.h>

enum { element_overhead = 128, minimum_answers_limit = 256 << 10 };

static struct file files[file_limit];
static size_t file_count;
struct policy policies[file_limit];
size_t policy_count;

static bool take_text(const unsigned char **at, const unsigned char *end, const char **text, size_t *length) {
    uint32_t size;
    if ((size_t)(end - *at) < sizeof size) return false;
    memcpy(&size, *at, sizeof size);
    *at += sizeof size;
    if ((size_t)(end - *at) < size) return false;
    *text = (const char *)*at;
    *length = size;
    *at += size;
    return true;
}

bool policyset_parse(const unsigned char *frame, size_t length) {
    const unsigned char *at = frame, *end = frame + length;
    while (at < end) {
        if (file_count == file_limit) return false;
        struct file *file = &files[file_count++];
        file->kind = *at++;
        if (file->kind != kind_policy && file->kind != kind_library && file->kind != kind_test) return false;
        if (!take_text(&at, end, &file->name, &file->name_length)) return false;
        if (!take_text(&at, end, &file->text, &file->text_length)) return false;
        bool is_lua = file->name_length > 4 && memcmp(file->name + file->name_length - 4, ".lua", 4) == 0;
        if (!is_lua || file->name_length > 255 || memchr(file->name, '\0', file->name_length)) return false;
        snprintf(file->chunk_name, sizeof file->chunk_name, "@%.*s", (int)file->name_length, file->name);
        file->name = file->chunk_name + 1;
    }
    return true;
}

const struct file *policyset_module(const char *name) {
    for (size_t i = 0; i < file_count; i++) {
        if (files[i].kind != kind_library || strlen(name) + 4 != files[i].name_length) continue;
        const char *file = files[i].name;
        size_t k = 0;
        while (name[k] && name[k] != '/' && (name[k] == file[k] || (name[k] == '.' && file[k] == '/'))) k++;
        if (name[k] == '\0') return &files[i];
    }
    return NULL;
}

const struct file *policyset_file_at(size_t index) { return index < file_count ? &files[index] : NULL; }

const struct file *policyset_file(const char *name) {
    size_t i = 0;
    while (i < file_count && strcmp(files[i].name, name) != 0) i++;
    return policyset_file_at(i);
}

bool policyset_owns(const char *source, const char **name) {
    for (size_t i = 0; i < file_count; i++) {
        if (strcmp(files[i].chunk_name, source) != 0) continue;
        *name = files[i].name;
        return true;
    }
    return false;
}

bool policyset_is_named(const struct policy *policy, const char *name) {
    return strlen(name) == policy->name_length && memcmp(name, policy->name, policy->name_length) == 0;
}

// The string member `key` of the policy's table at -1, anchored for good; NULL where there is none.
static const char *keep_string(lua_State *L, const char *key, size_t *length) {
    lua_pushstring(L, key);
    int type = lua_rawget(L, -2);
    if (type == LUA_TNIL) {
        lua_pop(L, 1);
        return NULL;
    }
    if (type != LUA_TSTRING) luaL_error(L, "the policy's %s is a %s, not a string", key, lua_typename(L, type));
    const char *text = lua_tolstring(L, -1, length);
    luaL_ref(L, LUA_REGISTRYINDEX);
    return text;
}

// Turns what a policy's chunk returned (on top) into a policy.
static void keep_policy(lua_State *L, struct policy *policy) {
    policy->name = policy->file->name;
    policy->name_length = policy->file->name_length - strlen(".lua");
    if (lua_istable(L, -1)) {
        const char *name = keep_string(L, "name", &policy->name_length);
        if (name) policy->name = name;
        policy->description = keep_string(L, "description", &policy->description_length);
        lua_pushliteral(L, "decide");
        lua_rawget(L, -2);
    }
    if (!lua_isfunction(L, -1)) {
        luaL_error(L, "a policy returns a function, or a table with a function `decide`; found %s",
                   luaL_typename(L, -1));
    }
    policy->decide = luaL_ref(L, LUA_REGISTRYINDEX);
    if (policy->name_length == 0) luaL_error(L, "the policy's name is empty");
    for (struct policy *other = policies; other < policy; other++) {
        if (other->name_length != policy->name_length) continue;
        if (memcmp(other->name, policy->name, policy->name_length) != 0) continue;
        luaL_error(L, "%s is named like this policy; a decision needs one name for each", other->file->name);
    }
}

// Runs one policy's chunk. Argument: its file, as light userdata.
static int run_chunk(lua_State *L) {
    const struct file *file = lua_touserdata(L, 1);
    sandbox_push_globals(L);
    if (!require_compile(L, file, -1)) return lua_error(L);
    lua_call(L, 0, 1);
    policies[policy_count] = (struct policy){.file = file};
    keep_policy(L, &policies[policy_count]);
    policy_count++;
    return 0;
}

bool policyset_call(lua_State *L, lua_CFunction run, const struct file *file) {
    failure_begin();
    answer_running((uint32_t)(file - files));
    lua_settop(L, 0);
    lua_pushcfunction(L, failure_handler);
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, (void *)file);
    int status = lua_pcall(L, 1, 0, 1);
    lua_settop(L, 0);
    if (arena_exhausted()) {
        failure_of_memory();
        status = LUA_ERRMEM;
    }
    if (status == LUA_OK) return true;
    failure_complete(file);
    return false;
}

static void answer_error(void) {
    answer_begin();
    answer_text("{\"policies\":[],\"error\":{\"file\":");
    answer_json_string(last_failure.file, strlen(last_failure.file));
    answer_text(",\"line\":");
    if (last_failure.line > 0) {
        answer_number(last_failure.line);
    } else {
        answer_text("null");
    }
    answer_text(",\"message\":");
    answer_json_string(last_failure.message, strlen(last_failure.message));
    answer_text("}}");
    answer_publish();
}

static void answer_policies(lua_State *L) {
    answer_begin();
    answer_text("{\"policies\":[");
    for (size_t i = 0; i < policy_count; i++) {
        answer_text(i == 0 ? "{\"name\":" : ",{\"name\":");
        answer_json_string(policies[i].name, policies[i].name_length);
        answer_text(",\"file\":");
        answer_json_string(policies[i].file->name, policies[i].file->name_length);
        answer_text(",\"description\":");
        if (policies[i].description) {
            answer_json_string(policies[i].description, policies[i].description_length);
        } else {
            answer_text("null");
        }
        answer_text("}");
    }
    answer_text("],\"error\":null");
    if (report_is_wanted()) report_answer(L);
    answer_text("}");
    answer_publish();
}

size_t policyset_minimum_answer(size_t policy) {
    size_t minimum = 0;
    for (; policy < policy_count; policy++) minimum += 6 * policies[policy].name_length + element_overhead;
    return minimum;
}

bool policyset_load(lua_State *L) {
    for (size_t i = 0; i < file_count; i++) {
        if (files[i].kind == kind_policy && !policyset_call(L, run_chunk, &files[i])) return false;
    }
    return true;
}

bool policyset_test(lua_State *L) {
    bool passed = true;
    for (size_t i = 0; i < file_count && passed; i++) {
        if (files[i].kind != kind_test) continue;
        passed = tests_run(L, &files[i]);
        arena_restore();
    }
    return passed;
}

bool policyset_answer(lua_State *L, bool loaded) {
    if (loaded && !report_overflowed()) {
        answer_policies(L);
        if (!answer_overflowed() && policyset_minimum_answer(0) <= minimum_answers_limit) return true;
    }
    if (loaded) {
        failure_set(NULL, report_is_wanted() ? "too many tests, or too long messages, for one report"
                                             : "too many policies, or too long names");
    }
    answer_error();
    return false;
}
