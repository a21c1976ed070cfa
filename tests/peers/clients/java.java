// Calls validator1 with aXMLRPC, and checks the answers. Takes the server's URL.

import de.timroes.axmlrpc.XMLRPCClient;
import de.timroes.axmlrpc.XMLRPCServerException;
import java.net.URL;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

class Validator1 {
    static XMLRPCClient client;

    static Object call(String method, Object... parameters) throws Exception {
        return client.call("validator1." + method, parameters);
    }

    // Any value as one text.
    static String show(Object value) {
        if (value instanceof Map<?, ?> members) {
            Map<String, String> shown = new TreeMap<>();
            members.forEach((name, member) -> shown.put(name.toString(), show(member)));
            return shown.toString();
        }
        if (value instanceof Object[] items) {
            return Stream.of(items).map(Validator1::show).toList().toString();
        }
        if (value instanceof byte[] bytes) {
            return Arrays.toString(bytes);
        }
        if (value instanceof Calendar moment) {
            return moment.toInstant().toString();
        }
        if (value instanceof Date moment) {
            return moment.toInstant().toString();
        }
        return value.getClass().getSimpleName() + " " + value;
    }

    static void check(String what, Object got, Object expected) {
        if (!show(got).equals(show(expected))) {
            System.err.println(what + ": got " + show(got) + ", not " + show(expected));
            System.exit(1);
        }
    }

    static Map<String, Integer> stooges(int moe, int larry, int curly) {
        return Map.of("moe", moe, "larry", larry, "curly", curly);
    }

    public static void main(String[] arguments) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        client = new XMLRPCClient(new URL(arguments[0]), XMLRPCClient.FLAGS_FORWARD);

        Object[] structs = {stooges(1, 2, 3), stooges(4, 5, -20), stooges(7, 8, 9)};
        check("arrayOfStructsTest", call("arrayOfStructsTest", (Object) structs), -8);
        check(
                "countTheEntities",
                call("countTheEntities", "<a href='x'>&amp; \"b\" ]]>"),
                Map.of(
                        "ctLeftAngleBrackets", 1,
                        "ctRightAngleBrackets", 2,
                        "ctAmpersands", 1,
                        "ctApostrophes", 2,
                        "ctQuotes", 2));
        check("easyStructTest", call("easyStructTest", stooges(4, -7, 1)), -2);
        Object list = new Object[] {1, "two", new Object[] {3}};
        Map<String, Object> echo =
                Map.of(
                        "text", "caf\u00e9 <&>",
                        "n", 3,
                        "half", 0.5,
                        "yes", true,
                        "list", list,
                        "deep", Map.of("er", Map.of("est", "x")));
        check("echoStructTest", call("echoStructTest", echo), echo);
        byte[] bytes = new byte[256];
        IntStream.range(0, 256).forEach(n -> bytes[n] = (byte) n);
        Calendar moment = new GregorianCalendar(1998, Calendar.JULY, 17, 14, 8, 55);
        Object[] many = {41, true, "South Dakota", -12.5, moment, bytes};
        check("manyTypesTest", call("manyTypesTest", many), many);
        Object[] texts = IntStream.range(0, 150).mapToObj(n -> "text " + n).toArray();
        check(
                "moderateSizeArrayCheck",
                call("moderateSizeArrayCheck", (Object) texts),
                "text 0text 149");
        Map<String, Object> years =
                Map.of(
                        "1999", Map.of("12", Map.of("31", stooges(1, 1, 1))),
                        "2000", Map.of("04", Map.of("01", stooges(8, -3, 20))));
        check("nestedStructTest", call("nestedStructTest", years), 25);
        check(
                "simpleStructReturnTest",
                call("simpleStructReturnTest", 7),
                Map.of("times10", 70, "times100", 700, "times1000", 7000));
        try {
            call("moderateSizeArrayCheck", (Object) new Object[0]);
            check("moderateSizeArrayCheck", "no fault", "a fault");
        } catch (XMLRPCServerException fault) {
            check("the fault's code", fault.getErrorNr(), 1);
            boolean isRight = fault.getMessage().contains("an empty array has no first string");
            check("the fault's text: " + fault.getMessage(), isRight, true);
        }
        Object[] names = (Object[]) client.call("system.listMethods");
        long ours = List.of(names).stream().filter(n -> ((String) n).startsWith("validator1.")).count();
        check("listMethods", ours, 8L);
        System.out.println("ok");
    }
}
