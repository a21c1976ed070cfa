/* Calls validator1 with xmlrpc-c's library, and checks the answers. Takes the server's URL. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xmlrpc-c/base.h>
#include <xmlrpc-c/client.h>

static const char *url;
static xmlrpc_env env;

static void stop_on(const char *what)
{
    if (env.fault_occurred) {
        fprintf(stderr, "%s: %s (%d)\n", what, env.fault_string, env.fault_code);
        exit(1);
    }
}

static void check(const char *what, int right)
{
    stop_on(what);
    if (!right) {
        fprintf(stderr, "%s: another answer than expected\n", what);
        exit(1);
    }
}

static xmlrpc_value *build(const char *format, ...)
{
    va_list values;
    const char *rest;
    xmlrpc_value *built;
    va_start(values, format);
    xmlrpc_build_value_va(&env, format, values, &built, &rest);
    va_end(values);
    stop_on("building a value");
    return built;
}

static xmlrpc_value *call(const char *method, xmlrpc_value *params)
{
    char name[64];
    snprintf(name, sizeof name, "validator1.%s", method);
    return xmlrpc_client_call_params(&env, url, name, params);
}

static int is_int(xmlrpc_value *value, int expected)
{
    xmlrpc_int32 n = 0;
    if (value)
        xmlrpc_read_int(&env, value, &n);
    return n == expected;
}

static int member(xmlrpc_value *value, const char *name, int expected)
{
    xmlrpc_value *found = NULL;
    if (value)
        xmlrpc_struct_read_value(&env, value, name, &found);
    return is_int(found, expected);
}

/* Whether two values are written alike. */
static int same(xmlrpc_value *got, xmlrpc_value *expected)
{
    xmlrpc_mem_block *a = XMLRPC_MEMBLOCK_NEW(char, &env, 0);
    xmlrpc_mem_block *b = XMLRPC_MEMBLOCK_NEW(char, &env, 0);
    if (!env.fault_occurred)
        xmlrpc_serialize_value(&env, a, got);
    if (!env.fault_occurred)
        xmlrpc_serialize_value(&env, b, expected);
    size_t size = XMLRPC_MEMBLOCK_SIZE(char, a);
    return !env.fault_occurred && size == XMLRPC_MEMBLOCK_SIZE(char, b) &&
           !memcmp(XMLRPC_MEMBLOCK_CONTENTS(char, a), XMLRPC_MEMBLOCK_CONTENTS(char, b), size);
}

static xmlrpc_value *stooges(int moe, int larry, int curly)
{
    return build("{s:i,s:i,s:i}", "moe", moe, "larry", larry, "curly", curly);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 1;
    url = argv[1];
    xmlrpc_env_init(&env);
    xmlrpc_client_init2(&env, XMLRPC_CLIENT_NO_FLAGS, "xmlrpc-c", "1", NULL, 0);
    stop_on("starting");

    xmlrpc_value *structs =
        build("((VVV))", stooges(1, 2, 3), stooges(4, 5, -20), stooges(7, 8, 9));
    check("arrayOfStructsTest", is_int(call("arrayOfStructsTest", structs), -8));

    xmlrpc_value *counts = call("countTheEntities", build("(s)", "<a href='x'>&amp; \"b\" ]]>"));
    check("countTheEntities",
          member(counts, "ctLeftAngleBrackets", 1) && member(counts, "ctRightAngleBrackets", 2) &&
              member(counts, "ctAmpersands", 1) && member(counts, "ctApostrophes", 2) &&
              member(counts, "ctQuotes", 2));

    check("easyStructTest", is_int(call("easyStructTest", build("(V)", stooges(4, -7, 1))), -2));

    xmlrpc_value *echo =
        build("{s:s,s:i,s:d,s:b,s:(is(i)),s:{s:{s:s}}}", "text", "caf\xC3\xA9 <&>", "n", 3, "half",
              0.5, "yes", (xmlrpc_bool)1, "list", 1, "two", 3, "deep", "er", "est", "x");
    check("echoStructTest", same(call("echoStructTest", build("(V)", echo)), echo));

    unsigned char bytes[256];
    for (int n = 0; n < 256; n++)
        bytes[n] = (unsigned char)n;
    xmlrpc_value *many = build("(ibsd86)", 41, (xmlrpc_bool)1, "South Dakota", -12.5,
                               "19980717T14:08:55", bytes, (size_t)256);
    check("manyTypesTest", same(call("manyTypesTest", many), many));

    xmlrpc_value *texts = build("()");
    for (int n = 0; n < 150; n++) {
        char text[16];
        snprintf(text, sizeof text, "text %d", n);
        xmlrpc_array_append_item(&env, texts, build("s", text));
    }
    check("moderateSizeArrayCheck", same(call("moderateSizeArrayCheck", build("(V)", texts)),
                                         build("s", "text 0text 149")));

    xmlrpc_value *years = build("({s:{s:{s:V}},s:{s:{s:V}}})", "1999", "12", "31", stooges(1, 1, 1),
                                "2000", "04", "01", stooges(8, -3, 20));
    check("nestedStructTest", is_int(call("nestedStructTest", years), 25));

    xmlrpc_value *times = call("simpleStructReturnTest", build("(i)", 7));
    check("simpleStructReturnTest", member(times, "times10", 70) && member(times, "times100", 700) &&
                                        member(times, "times1000", 7000));

    call("moderateSizeArrayCheck", build("(())"));
    int fault = env.fault_occurred && env.fault_code == 1 &&
                strstr(env.fault_string, "an empty array has no first string");
    xmlrpc_env_clean(&env);
    xmlrpc_env_init(&env);
    check("the fault", fault);

    xmlrpc_value *names = xmlrpc_client_call(&env, url, "system.listMethods", "()");
    stop_on("listMethods");
    int found = 0;
    for (int n = 0; n < xmlrpc_array_size(&env, names); n++) {
        xmlrpc_value *name;
        const char *text;
        xmlrpc_array_read_item(&env, names, (unsigned int)n, &name);
        xmlrpc_read_string(&env, name, &text);
        found += !strncmp(text, "validator1.", strlen("validator1."));
    }
    check("listMethods", found == 8);
    puts("ok");
    return 0;
}
