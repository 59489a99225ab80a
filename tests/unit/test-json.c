/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* JSON is read as RFC 8259 has it, and no other way. */

#include "common/json.h"

#include <string.h>

#include "common/error.h"

static const gchar *const good[] = {
  "{}", " \t\r\n{ } \n", "{\"a\":1}", "{\"a\":[],\"b\":{},\"c\":[1,\"x\",null]}",
  "{\"a\":true,\"b\":false,\"c\":null}",
  "{\"a\":[0,-0,1.5,-1.5e+10,1E5,1e-5,10]}",
  "{\"\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud83c\\udfac\"}",
  "{\"a\":1000000000000000000000000000000}", "{\"a\":1,\"a\":2}",
  "{\"\xc3\xa9\":\"\xf0\x9f\x8e\xac\"}", "{\"a\":\"/* no comment */\"}",
  "\xef\xbb\xbf{\"a\":1}",
};

static const gchar *const bad[] = {
  "", " ", "{", "}", "{}}", "{}{}", "{} x", "[]", "1", "\"text\"", "null",
  "nul", "{'a':1}", "{a:1}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
  "{\"a\":1 \"b\":2}", "{\"a\" 1}", "{\"a\":[1,]}", "{\"a\":[1 2]}",
  "{\"a\":[}", "{\"a\":tru}", "{\"a\":True}", "{\"a\":nullx}", "{\"a\":NaN}",
  "{\"a\":01}", "{\"a\":0x10}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":1.}",
  "{\"a\":1e}", "{\"a\":-}", "{\"a\":--1}", "{\"a\":1}//", "{/**/}", "#\n{}",
  "{\"a\":\"\n\"}", "{\"a\":\"\t\"}", "{\"a\":\"\\x41\"}", "{\"a\":\"\\\"}",
  "{\"a\":\"\\u004\"}", "{\"a\":\"\\u00g1\"}", "{\"a\":\"\\u0000\"}",
  "{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud800x\"}", "{\"a\":\"\\ud800\\n\"}",
  "{\"a\":\"\\udc00\"}", "{\"a\":\"\\ud800\\ud800\"}", "{\"a\":\"\xff\"}",
  "{\"a\":\"\xc0\xaf\"}", "{\"a\":\"", "\xef\xbb\xbf\xef\xbb\xbf{}", "var a = {};",
};

static void
test_good (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node =
        gst_ice_json_parse_object (good[i], strlen (good[i]), &error);

    g_test_message ("%s", good[i]);
    g_assert_no_error (error);
    g_assert_true (JSON_NODE_HOLDS_OBJECT (node));
  }
}

/* Long values take another way than short ones. */
static void
test_long (void)
{
  static const gchar *const values[] = {
    "0123456789abcde", "0123456789abcdef", "0123456789abcdefg",
    "\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\ud83c\\udfac",
    "\\u0041\\u0041\\u0042", "\\u0041\\ud83c\\udfac\\u00e9\\u0041",
    "\xc3\xa9\xf0\x9f\x8e\xac\xc3\xa9\xf0\x9f\x8e\xac\xc3\xa9", "                ",
    "\\\"0123456789abcdef\\\\", "1                 ",
  };
  static const gchar *const forms[] = { "{\"a\":\"%s\"}",
    "{\"0123456789abcdef\" : [\"%s\" , \"x\"], \"b\": \"%s\"}",
    "{\"a\":\"%s\",\"a\":\"%s\",\"0123456789abcdef\":{\"%s\":\"%s\"}}",
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (values) * G_N_ELEMENTS (forms); i++) {
    g_auto (GStrv) pieces =
        g_strsplit (forms[i % G_N_ELEMENTS (forms)], "%s", -1);
    g_autofree gchar *text =
        g_strjoinv (values[i / G_N_ELEMENTS (forms)], pieces);
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node =
        gst_ice_json_parse_object (text, strlen (text), &error);
    g_autoptr (JsonNode) expected = json_from_string (text, NULL);

    g_test_message ("%s", text);
    g_assert_no_error (error);
    g_assert_true (json_node_equal (node, expected));
  }
}

static void
test_bad (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree gchar *shown = g_strescape (bad[i], NULL);
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", shown);
    g_assert_null (gst_ice_json_parse_object (bad[i], strlen (bad[i]),
            &error));
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_PROTOCOL);
  }
}

static void
test_nul (void)
{
  static const gchar inside[] = "{\"a\":\"b\0c\"}";
  static const gchar behind[] = "{}\0";

  g_assert_null (gst_ice_json_parse_object (inside, sizeof (inside) - 1,
          NULL));
  g_assert_null (gst_ice_json_parse_object (behind, sizeof (behind) - 1,
          NULL));
  g_assert_null (gst_ice_json_parse_object (NULL, 0, NULL));
}

static JsonNode *
parse_nested (guint depth, gchar open, gchar close)
{
  GString *text = g_string_new ("{\"a\":");
  JsonNode *node;
  guint i;

  for (i = 0; i < depth; i++)
    g_string_append_c (text, open);
  for (i = 0; i < depth; i++)
    g_string_append_c (text, close);
  g_string_append_c (text, '}');

  node = gst_ice_json_parse_object (text->str, text->len, NULL);
  g_string_free (text, TRUE);

  return node;
}

static void
test_deep (void)
{
  g_autoptr (JsonNode) shallow = parse_nested (16, '[', ']');

  g_assert_nonnull (shallow);
  g_assert_null (parse_nested (1000, '[', ']'));
  g_assert_null (parse_nested (1000000, '[', ']'));
}

static void
test_strings (void)
{
  static const gchar text[] =
      "{\"a\":\"x\",\"b\":1,\"c\":null,\"d\":{},\"e\":\"\"}";
  JsonNode *node =
      gst_ice_json_parse_object (text, sizeof (text) - 1, NULL);
  JsonObject *object = json_node_get_object (node);

  g_assert_cmpstr (gst_ice_json_get_string (object, "a"), ==, "x");
  g_assert_null (gst_ice_json_get_string (object, "b"));
  g_assert_null (gst_ice_json_get_string (object, "c"));
  g_assert_null (gst_ice_json_get_string (object, "d"));
  g_assert_cmpstr (gst_ice_json_get_string (object, "e"), ==, "");
  g_assert_null (gst_ice_json_get_string (object, "f"));
  gst_ice_json_free_secret (node);
  gst_ice_json_free_secret (NULL);
}

/* Strings at any depth, seen through a reference that is kept. */
static void
test_wipe (void)
{
  static const gchar text[] =
      "{\"a\":\"s3cret\",\"b\":[\"s3cret\",{\"c\":\"s3cret\"}]}";
  g_autoptr (JsonNode) node =
      gst_ice_json_parse_object (text, sizeof (text) - 1, NULL);
  g_autofree gchar *left = NULL;

  gst_ice_json_free_secret (json_node_ref (node));
  left = json_to_string (node, FALSE);
  g_assert_null (strstr (left, "s3cret"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json/reads-what-is-json", test_good);
  g_test_add_func ("/json/reads-long-values", test_long);
  g_test_add_func ("/json/refuses-what-is-not", test_bad);
  g_test_add_func ("/json/refuses-nul-and-nothing", test_nul);
  g_test_add_func ("/json/refuses-deep-nesting", test_deep);
  g_test_add_func ("/json/gives-strings-only", test_strings);
  g_test_add_func ("/json/wipes-strings", test_wipe);

  return g_test_run ();
}
