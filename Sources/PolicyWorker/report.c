// What `spawngate policy test` is told (--report): every test with its outcome, how often each rule denied in tests,
// and which lines ran. It is kept outside of the arena, which is restored between test files.
#include "worker.h"

#include <string.h>

enum { result_limit = 4096, rule_limit = 2048, text_bytes = 512 << 10 };

static bool wanted;
static struct result {
    const char *file, *test, *complaint;
    int line;
} results[result_limit];
static size_t result_count;

static struct fired {
    size_t policy;
    const char *rule;
    long count;
} fired[rule_limit];
static size_t fired_count;

static char texts[text_bytes];
static size_t texts_used;
static bool overflowed;

void report_want(void) { wanted = true; }

bool report_is_wanted(void) { return wanted; }

bool report_overflowed(void) { return overflowed; }

static const char *keep(const char *text) {
    size_t size = strlen(text) + 1;
    if (size > sizeof texts - texts_used) {
        overflowed = true;
        return "";
    }
    char *kept = memcpy(texts + texts_used, text, size);
    texts_used += size;
    return kept;
}

void report_test(const struct file *file, int line, const char *test, const char *complaint) {
    if (result_count == result_limit) {
        overflowed = true;
        return;
    }
    results[result_count++] = (struct result){file->name, keep(test), complaint ? keep(complaint) : NULL, line};
}

void report_denials(size_t policy) {
    if (!wanted) return;
    const char *rule;
    for (int i = 0; (rule = decide_rule(i)) != NULL; i++) {
        size_t k = 0;
        while (k < fired_count && (fired[k].policy != policy || strcmp(fired[k].rule, rule) != 0)) k++;
        if (k == rule_limit) {
            overflowed = true;
            return;
        }
        if (k == fired_count) fired[fired_count++] = (struct fired){policy, keep(rule), 0};
        fired[k].count++;
    }
}

static void answer_string(const char *text) { answer_json_string(text, strlen(text)); }

static void answer_result(const struct result *result) {
    answer_text("{\"file\":");
    answer_string(result->file);
    answer_text(",\"line\":");
    if (result->line > 0) {
        answer_number(result->line);
    } else {
        answer_text("null");
    }
    answer_text(",\"test\":");
    answer_string(result->test);
    answer_text(result->complaint ? ",\"passed\":false,\"message\":" : ",\"passed\":true,\"message\":null");
    if (result->complaint) answer_string(result->complaint);
    answer_text("}");
}

void report_answer(lua_State *L) {
    answer_text(",\"tests\":[");
    for (size_t i = 0; i < result_count; i++) {
        if (i > 0) answer_text(",");
        answer_result(&results[i]);
    }
    answer_text("],\"coverage\":{\"files\":[");
    coverage_answer(L);
    answer_text("],\"rules\":[");
    for (size_t i = 0; i < fired_count; i++) {
        answer_text(i == 0 ? "{\"policy\":" : ",{\"policy\":");
        const struct policy *policy = &policies[fired[i].policy];
        answer_json_string(policy->name, policy->name_length);
        answer_text(",\"rule\":");
        answer_string(fired[i].rule);
        answer_text(",\"fired\":");
        answer_number(fired[i].count);
        answer_text("}");
    }
    answer_text("]}");
}
