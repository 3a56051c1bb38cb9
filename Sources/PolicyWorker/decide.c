// One decision: every policy is asked, in order, whatever the ones before said. Elements of the answer are
// {"name", "denials": [{"rule", "reason", "file", "line"}], "verdict": "allow" | "deny" | "error", "failure": null or
// text}, separated by commas and published one by one. One that narrows has "narrow", its members; then a last element,
// {"granted": members or null}, says what all of them come to. The answer to a batch is such a list, in brackets, for
// each request.
#include "worker.h"

#include <stdio.h>
#include <string.h>

struct request {
    const unsigned char *text;
    size_t length;
};

// The policy being asked. A denial counts as begun before its arguments are looked at, so that one that failed cannot
// be made to vanish by pcall.
static struct {
    bool active;
    int begun, completed;
    char rules[denial_limit][rule_limit_bytes + 1];
    char last_denial[512];
} asked;

// Where deny was called: the innermost of the calls that stands in a file of the set, so that a helper which denies for
// several policies is named itself. A place in the text comes out the same whenever the decision is made again.
static void answer_place(lua_State *L) {
    lua_Debug frame;
    const char *name;
    for (int level = 1; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sl", &frame);
        if (frame.currentline <= 0 || !policyset_owns(frame.source, &name)) continue;
        answer_text(",\"file\":");
        answer_json_string(name, strlen(name));
        answer_text(",\"line\":");
        answer_number(frame.currentline);
        return;
    }
}

bool decide_is_asking(void) { return asked.active; }

int decide_deny(lua_State *L) {
    if (!asked.active) return luaL_error(L, "deny can be called only while a request is being decided");
    asked.begun++;
    size_t rule_length, reason_length;
    const char *rule = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &rule_length) : NULL;
    if (!rule || rule_length == 0) return luaL_argerror(L, 1, "a rule is a non-empty string");
    if (rule_length > rule_limit_bytes) return luaL_argerror(L, 1, "a rule is at most 128 bytes long");
    if (asked.completed == denial_limit) return luaL_error(L, "a policy can deny at most 64 times");
    int arguments = lua_gettop(L);
    if (arguments == 1) {
        lua_pushfstring(L, "denied by rule %s", rule);
    } else {
        if (lua_type(L, 2) != LUA_TSTRING) return luaL_argerror(L, 2, "the reason's format is a string");
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_insert(L, 2);
        lua_call(L, arguments - 1, 1);
    }
    const char *reason = lua_tolstring(L, -1, &reason_length);
    if (reason_length > reason_limit_bytes) return luaL_error(L, "a reason is at most 2048 bytes long");
    answer_text(asked.completed == 0 ? "{\"rule\":" : ",{\"rule\":");
    answer_json_string(rule, rule_length);
    answer_text(",\"reason\":");
    answer_json_string(reason, reason_length);
    answer_place(L);
    answer_text("}");
    memcpy(asked.rules[asked.completed], rule, rule_length + 1);
    snprintf(asked.last_denial, sizeof asked.last_denial, "%s (rule %s)", reason, rule);
    asked.completed++;
    return 0;
}

const char *decide_last_denial(void) { return asked.completed > 0 ? asked.last_denial : NULL; }

bool decide_denied_by(const char *rule) {
    for (int i = 0; i < asked.completed; i++) {
        if (strcmp(asked.rules[i], rule) == 0) return true;
    }
    return false;
}

const char *decide_rule(int index) { return index < asked.completed ? asked.rules[index] : NULL; }

static int push_request(lua_State *L) {
    const struct request *request = lua_touserdata(L, 1);
    json_push(L, request->text, request->length);
    return 1;
}

// Leaves the message handler at 1 and the request at 2. Otherwise false, and `last_failure` says why.
static bool prepare(lua_State *L, struct request *request) {
    failure_begin();
    lua_settop(L, 0);
    lua_pushcfunction(L, failure_handler);
    lua_pushcfunction(L, push_request);
    lua_pushlightuserdata(L, request);
    int status = lua_pcall(L, 1, 1, 1);
    if (arena_exhausted()) {
        failure_of_memory();
        return false;
    }
    if (status != LUA_OK) failure_complete(NULL);
    return status == LUA_OK;
}

bool decide_ask(lua_State *L, const struct policy *policy) {
    failure_begin();
    asked.begun = asked.completed = 0;
    narrow_begin_policy(L, 2);
    asked.active = true;
    lua_rawgeti(L, LUA_REGISTRYINDEX, policy->decide);
    lua_pushvalue(L, 2);
    int status = lua_pcall(L, 1, LUA_MULTRET, 1);
    asked.active = false;
    bool silent = true;
    for (int i = 3; i <= lua_gettop(L); i++) silent = silent && lua_isnil(L, i);
    lua_settop(L, 2);
    const char *complaint = NULL;

    if (arena_exhausted()) {
        failure_of_memory();
    } else if (status != LUA_OK) {
        failure_complete(policy->file);
    } else if (!silent) {
        failure_set(policy->file, "decide must return nothing; call deny(rule, reason) to object");
    } else if (asked.begun != asked.completed) {
        failure_set(policy->file, "a call of deny failed, and the policy caught its error");
    } else if ((complaint = narrow_end_policy()) != NULL) {
        failure_set(policy->file, complaint);
    } else {
        return true;
    }
    return false;
}

static void answer_verdict(bool failed) {
    answer_text("],\"verdict\":");
    answer_text(failed ? "\"error\"" : asked.completed > 0 ? "\"deny\"" : "\"allow\"");
    answer_text(",\"failure\":");
    if (failed) {
        char text[sizeof last_failure.file + sizeof last_failure.message + 16];
        failure_text(text, sizeof text);
        answer_json_string(text, strlen(text));
    } else {
        answer_text("null");
    }
    if (!failed && narrow_called()) {
        answer_text(",\"narrow\":");
        narrow_answer_policy();
    }
    answer_text("}");
}

static void answer_name(size_t index) {
    answer_text(index == 0 ? "{\"name\":" : ",{\"name\":");
    answer_json_string(policies[index].name, policies[index].name_length);
    answer_text(",\"denials\":[");
}

bool decide(lua_State *L, const unsigned char *text, size_t length) {
    struct request request = {text, length};
    bool fitted = true;
    answer_running(0);
    narrow_begin_decision();
    bool prepared = prepare(L, &request);
    for (size_t i = 0; i < policy_count; i++) {
        answer_running((uint32_t)i);
        answer_reserve(policyset_minimum_answer(i + 1));
        size_t start = answer_position();
        answer_name(i);
        asked.begun = asked.completed = 0;
        bool failed = !prepared || !decide_ask(L, &policies[i]);
        answer_verdict(failed);
        if (answer_overflowed()) {
            fitted = false;
            answer_rewind(start);
            answer_name(i);
            failure_set(NULL, "its denials are too large");
            answer_verdict(true);
        }
        answer_publish();
        // The next policy is asked with as much memory as the first.
        if (prepared && arena_exhausted()) {
            arena_restore();
            prepared = prepare(L, &request);
        }
    }
    answer_running((uint32_t)policy_count);
    if (narrow_is_any()) {
        size_t start = answer_position();
        answer_text(",{\"granted\":");
        narrow_answer_granted();
        answer_text("}");
        fitted = fitted && !answer_overflowed();
        // Where it is missing nothing is allowed.
        if (answer_overflowed()) answer_rewind(start);
        answer_publish();
    }
    return fitted;
}

bool decide_next(lua_State *L, const unsigned char *text, size_t length) {
    size_t start = answer_position();
    answer_text(answer_length() == 0 ? "[" : ",[");
    bool fitted = decide(L, text, length);
    answer_text("]");
    fitted = fitted && !answer_overflowed();
    if (!fitted) answer_rewind(start);
    answer_publish();
    return fitted;
}
