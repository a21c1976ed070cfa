/* Writes each value as xmlrpc-c does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xmlrpc-c/base.h>
#include <xmlrpc-c/util.h>

static const char *out;

static void save(xmlrpc_env *env, const char *name, xmlrpc_mem_block *document)
{
    char path[4096];
    if (env->fault_occurred) {
        fprintf(stderr, "xmlrpc-c has no %s: %s\n", name, env->fault_string);
        exit(1);
    }
    snprintf(path, sizeof path, "%s/%s.xml", out, name);
    FILE *file = fopen(path, "wb");
    if (!file)
        exit(1);
    fwrite(xmlrpc_mem_block_contents(document), 1, xmlrpc_mem_block_size(document), file);
    fclose(file);
    xmlrpc_mem_block_free(document);
}

#define PUT(name, ...)                                                        \
    do {                                                                      \
        xmlrpc_env env;                                                       \
        xmlrpc_env_init(&env);                                                \
        xmlrpc_value *params = xmlrpc_build_value(&env, __VA_ARGS__);         \
        xmlrpc_mem_block *document = XMLRPC_MEMBLOCK_NEW(char, &env, 0);      \
        if (!env.fault_occurred)                                              \
            xmlrpc_serialize_call(&env, document, "m", params);               \
        save(&env, name, document);                                           \
    } while (0)

int main(int argc, char **argv)
{
    unsigned char bytes[256];
    for (int n = 0; n < 256; n++)
        bytes[n] = (unsigned char)n;
    if (argc != 2)
        return 1;
    out = argv[1];
    PUT("zero", "(i)", 0);
    PUT("int", "(i)", 42);
    PUT("int-min", "(i)", (xmlrpc_int32)-2147483647 - 1);
    PUT("int-max", "(i)", (xmlrpc_int32)2147483647);
    PUT("i8", "(I)", (xmlrpc_int64)9000000000LL);
    PUT("true", "(b)", (xmlrpc_bool)1);
    PUT("false", "(b)", (xmlrpc_bool)0);
    PUT("text", "(s)", "hello");
    PUT("text-empty", "(s)", "");
    PUT("text-blanks", "(s)", "  ");
    PUT("text-lines", "(s)", "a\nb\n");
    PUT("text-cr", "(s)", "a\rb");
    PUT("text-markup", "(s)", "<a href='x'>&amp; \"b\" ]]>");
    PUT("text-latin", "(s)", "caf\xC3\xA9");
    /* No text-astral: it refuses characters beyond the Basic Multilingual Plane. */
    PUT("text-digits", "(s)", "23434252232434");
    PUT("double", "(d)", -12.5);
    PUT("double-small", "(d)", 0.0000001);
    PUT("double-large", "(d)", 1e20);
    PUT("date", "(8)", "19980717T14:08:55");
    PUT("base64", "(6)", bytes, (size_t)256);
    PUT("base64-empty", "(6)", bytes, (size_t)0);
    PUT("array", "((isd))", 1, "two", 3.5);
    PUT("array-empty", "(())");
    PUT("array-nested", "(((())(i(i))))", 1, 2);
    PUT("struct", "({s:s,s:i})", "host", "localhost", "port", 9000);
    PUT("struct-empty", "({})");
    PUT("struct-nested", "({s:{s:({s:b})}})", "a", "b", "c", (xmlrpc_bool)1);
    PUT("struct-names", "({s:i,s:i})", "", 1, "a b<&>", 2);
    PUT("nil", "(n)");

    xmlrpc_env env, fault;
    xmlrpc_env_init(&env);
    xmlrpc_env_init(&fault);
    xmlrpc_env_set_fault(&fault, 4, "Too many <parameters>.");
    xmlrpc_mem_block *document = XMLRPC_MEMBLOCK_NEW(char, &env, 0);
    xmlrpc_serialize_fault(&env, document, &fault);
    save(&env, "fault", document);
    return 0;
}
