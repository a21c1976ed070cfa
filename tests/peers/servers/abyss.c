/* A server as xmlrpc-c has it, on Abyss: factoriz_sum and validator1. */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <xmlrpc-c/base.h>
#include <xmlrpc-c/server.h>
#include <xmlrpc-c/server_abyss.h>

#define METHOD(name)                                                                         \
    static xmlrpc_value *name(xmlrpc_env *env, xmlrpc_value *params, void *server_info,      \
                              void *channel_info)

METHOD(factoriz_sum)
{
    const char *digits;
    xmlrpc_decompose_value(env, params, "(s)", &digits);
    if (env->fault_occurred)
        return NULL;
    uint64_t rest = strtoull(digits, NULL, 10), total = 0;
    free((void *)digits);
    for (uint64_t divisor = 2; divisor * divisor <= rest; divisor += divisor == 2 ? 1 : 2)
        for (; rest % divisor == 0; rest /= divisor)
            total += divisor;
    if (rest > 1)
        total += rest;
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, total);
    return xmlrpc_string_new(env, text);
}

METHOD(array_of_structs)
{
    xmlrpc_value *structs;
    xmlrpc_decompose_value(env, params, "(A)", &structs);
    if (env->fault_occurred)
        return NULL;
    int sum = 0;
    int size = xmlrpc_array_size(env, structs);
    for (int n = 0; n < size && !env->fault_occurred; n++) {
        xmlrpc_value *members;
        xmlrpc_int32 curly = 0;
        xmlrpc_array_read_item(env, structs, (unsigned int)n, &members);
        if (env->fault_occurred)
            break;
        xmlrpc_decompose_value(env, members, "{s:i,*}", "curly", &curly);
        xmlrpc_DECREF(members);
        sum += curly;
    }
    xmlrpc_DECREF(structs);
    return env->fault_occurred ? NULL : xmlrpc_int_new(env, sum);
}

static int count(const char *text, char mark)
{
    int found = 0;
    for (; *text; text++)
        found += *text == mark;
    return found;
}

METHOD(entities)
{
    const char *text;
    xmlrpc_decompose_value(env, params, "(s)", &text);
    if (env->fault_occurred)
        return NULL;
    xmlrpc_value *counts = xmlrpc_build_value(
        env, "{s:i,s:i,s:i,s:i,s:i}", "ctLeftAngleBrackets", count(text, '<'),
        "ctRightAngleBrackets", count(text, '>'), "ctAmpersands", count(text, '&'),
        "ctApostrophes", count(text, '\''), "ctQuotes", count(text, '"'));
    free((void *)text);
    return counts;
}

METHOD(stooges)
{
    xmlrpc_int32 moe, larry, curly;
    xmlrpc_decompose_value(env, params, "({s:i,s:i,s:i,*})", "moe", &moe, "larry", &larry,
                           "curly", &curly);
    return env->fault_occurred ? NULL : xmlrpc_int_new(env, moe + larry + curly);
}

METHOD(echo)
{
    xmlrpc_value *members;
    xmlrpc_decompose_value(env, params, "(S)", &members);
    return env->fault_occurred ? NULL : members;
}

METHOD(many)
{
    xmlrpc_INCREF(params);
    return params;
}

METHOD(ends)
{
    xmlrpc_value *texts;
    xmlrpc_decompose_value(env, params, "(A)", &texts);
    if (env->fault_occurred)
        return NULL;
    int size = xmlrpc_array_size(env, texts);
    xmlrpc_value *both = NULL;
    if (size < 1) {
        xmlrpc_env_set_fault(env, 1, "an empty array has no first string");
    } else {
        xmlrpc_value *items[2];
        const char *ends[2];
        for (int n = 0; n < 2; n++) {
            xmlrpc_array_read_item(env, texts, n ? (unsigned int)size - 1 : 0, &items[n]);
            xmlrpc_read_string(env, items[n], &ends[n]);
            xmlrpc_DECREF(items[n]);
        }
        both = xmlrpc_string_new_f(env, "%s%s", ends[0], ends[1]);
        free((void *)ends[0]);
        free((void *)ends[1]);
    }
    xmlrpc_DECREF(texts);
    return both;
}

METHOD(nested)
{
    xmlrpc_int32 moe, larry, curly;
    xmlrpc_decompose_value(env, params, "({s:{s:{s:{s:i,s:i,s:i,*},*},*},*})", "2000", "04", "01",
                           "moe", &moe, "larry", &larry, "curly", &curly);
    return env->fault_occurred ? NULL : xmlrpc_int_new(env, moe + larry + curly);
}

METHOD(times)
{
    xmlrpc_int32 n;
    xmlrpc_decompose_value(env, params, "(i)", &n);
    if (env->fault_occurred)
        return NULL;
    return xmlrpc_build_value(env, "{s:i,s:i,s:i}", "times10", n * 10, "times100", n * 100,
                              "times1000", n * 1000);
}

static const struct xmlrpc_method_info3 methods[] = {
    {.methodName = "factoriz_sum", .methodFunction = factoriz_sum},
    {.methodName = "validator1.arrayOfStructsTest", .methodFunction = array_of_structs},
    {.methodName = "validator1.countTheEntities", .methodFunction = entities},
    {.methodName = "validator1.easyStructTest", .methodFunction = stooges},
    {.methodName = "validator1.echoStructTest", .methodFunction = echo},
    {.methodName = "validator1.manyTypesTest", .methodFunction = many},
    {.methodName = "validator1.moderateSizeArrayCheck", .methodFunction = ends},
    {.methodName = "validator1.nestedStructTest", .methodFunction = nested},
    {.methodName = "validator1.simpleStructReturnTest", .methodFunction = times},
};

static void stop_on(xmlrpc_env *env)
{
    if (env->fault_occurred) {
        fprintf(stderr, "%s\n", env->fault_string);
        exit(1);
    }
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) ||
        listen(listener, 16) || getsockname(listener, (struct sockaddr *)&address, &length)) {
        perror("no socket");
        return 1;
    }

    xmlrpc_env env;
    xmlrpc_env_init(&env);
    xmlrpc_registry *registry = xmlrpc_registry_new(&env);
    stop_on(&env);
    for (size_t n = 0; n < sizeof methods / sizeof *methods; n++) {
        xmlrpc_registry_add_method3(&env, registry, &methods[n]);
        stop_on(&env);
    }
    xmlrpc_server_abyss_parms parms = {.registryP = registry,
                                       .socket_bound = 1,
                                       .socket_handle = listener};
    fprintf(stderr, "listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    xmlrpc_server_abyss(&env, &parms, XMLRPC_APSIZE(socket_handle));
    stop_on(&env);
    return 0;
}
