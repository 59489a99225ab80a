/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0 info, and the whole way from an id to a recording that is
 * ready. */

#include <string.h>

#include <gst/gst.h>

#include "icesink/sink.h"
#include "scripted-server.h"
#include "tool-fixture.h"

#define INFO "info --ice-endpoint=EMULATOR "

/* Records one thing to @media_id, whatever is in it. */
static void
record (ToolFixture * fixture, const gchar * media_id, guint n_buffers)
{
  g_autoptr (GstElement) pipeline = gst_pipeline_new (NULL);
  GstElement *source = gst_element_factory_make ("fakesrc", NULL);
  GstElement *sink = g_object_new (GST_TYPE_ICE_SINK, "media-id", media_id,
      "ice-endpoint", ice_emulator_get_uri (fixture->emulator),
      "access-key-id", "LTAI5tEmulatorDemoKeyId1",
      "access-key-secret", "EmulatorDemoSecret0123456789ab", NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  g_object_set (source, "num-buffers", n_buffers, "sizetype", 2,
      "sizemax", 1000, NULL);
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  g_assert_true (gst_element_link (source, sink));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* From nothing to a recording that is ready. */
static void
test_whole_way (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new ("--prepare-time=0");
  g_autofree gchar *media_id = NULL;
  g_autofree gchar *wait = NULL;

  tool_fixture_expect (fixture, 0, "create --ice-endpoint=EMULATOR --title=Gate"
      " --ext=ts");
  media_id = g_strdup (g_strstrip (fixture->out));
  record (fixture, media_id, 5);

  tool_fixture_add_fault (fixture, "info:media-status:code=Preparing:count=2");
  wait = g_strdup_printf (INFO "--wait %s", media_id);
  tool_fixture_expect (fixture, 0, wait);
  assert_says (fixture->err, "Preparing");
  assert_says (fixture->out, "ready");
  assert_says (fixture->out, "Normal");
  assert_says (fixture->out, "Gate");
  assert_says (fixture->out, "5.0 kB (5000 bytes)");
  assert_says (fixture->out, ".ts\n");
  g_assert_null (strstr (fixture->out, "Signature"));
  tool_fixture_assert_no_secret (fixture);
}

static void
test_json (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new ("--prepare-time=0");
  JsonObject *object;

  record (fixture, "media-1", 2);
  tool_fixture_expect (fixture, 0, INFO "media-1 --json --wait=60");
  object = tool_fixture_get_json (fixture);
  g_assert_cmpstr (json_object_get_string_member (object, "state"), ==,
      "ready");
  g_assert_cmpint (json_object_get_int_member (object, "size"), ==, 2000);
  g_assert_true (json_object_get_null_member (object, "duration"));
  tool_fixture_assert_no_secret (fixture);
}

static void
test_log (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new ("--prepare-time=0");

  record (fixture, "media-1", 2);
  tool_fixture_expect_log (fixture, INFO "media-1");
  assert_says (fixture->err, "GetMediaInfo");
}

/* Nothing was recorded: it is shown as it is, and a wait ends. */
static void
test_nothing_yet (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);

  tool_fixture_expect (fixture, 0, INFO "media-1");
  assert_says (fixture->out, "waiting");
  assert_says (fixture->out, "Init");
  tool_fixture_expect (fixture, 4, INFO "--wait=1 media-1");
  assert_says (fixture->out, "waiting");
}

static void
test_failed (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new ("--prepare-time=0");

  record (fixture, "media-1", 0);
  tool_fixture_expect (fixture, 1, INFO "media-1 --wait");
  assert_says (fixture->out, "failed");
  assert_says (fixture->out, "PrepareFail");
  /* Without --wait it is what was asked for. */
  tool_fixture_expect (fixture, 0, INFO "media-1");
}

/* A word that we don't know is shown, and waited on. */
static void
test_unknown_status (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new ("--prepare-time=0");

  record (fixture, "media-1", 2);
  tool_fixture_add_fault (fixture, "info:media-status:code=Uploading:count=2");
  tool_fixture_expect (fixture, 0, INFO "--wait=60 media-1");
  assert_says (fixture->err, "Uploading");
  assert_says (fixture->out, "Normal");
}

/* What passes is waited out; without --wait it is told. */
static void
test_trouble (void)
{
  static const gchar *const faults[] = {
    "info:error:status=503:code=ServiceUnavailable", "info:reset-before",
    "info:garbage-body", "info:error:status=400:code=Throttling"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autoptr (ToolFixture) fixture = tool_fixture_new ("--prepare-time=0");

    record (fixture, "media-1", 2);
    tool_fixture_add_fault (fixture, faults[i]);
    tool_fixture_run (fixture, INFO "--wait=60 media-1");
    g_test_message ("%s", faults[i]);
    g_assert_cmpint (fixture->status, ==, 0);
    tool_fixture_assert_no_secret (fixture);
  }
}

static void
test_refused (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new ("--media-id=media-1");

  tool_fixture_expect (fixture, 3, INFO "other --wait");
  g_assert_cmpstr (fixture->out, ==, "");
  tool_fixture_add_fault (fixture, "info:forbidden");
  tool_fixture_expect (fixture, 1, INFO "media-1 --wait");
  assert_says (fixture->err, "ice:GetMediaInfo");
}

static void
test_usage (void)
{
  static const gchar *const wrong[] = { "info", "info --wait",
    "info a b --ice-endpoint=EMULATOR", "info a/b --ice-endpoint=EMULATOR",
    "info a --wait=x --ice-endpoint=EMULATOR",
    "info a --wait=-2 --ice-endpoint=EMULATOR"
  };
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (wrong); i++) {
    tool_fixture_expect (fixture, 2, wrong[i]);
    g_assert_cmpstr (fixture->out, ==, "");
  }
}

/* What the emulator does not make up. */
static const gchar answer[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
    "Content-Type: application/json\r\n\r\n"
    "{\"RequestId\": \"R\", \"MediaInfo\": {\"MediaBasicInfo\": {"
    "\"Status\": \"Normal\", \"Title\": \"Gate\\u001b[2J\\n7\"},"
    "\"FileInfoList\": [{\"FileBasicInfo\": {\"FileType\": \"source_file\","
    "\"FileStatus\": \"Normal\", \"Duration\": \"12.5\"},"
    "\"VideoStreamInfoList\": [{\"CodecName\": \"h264\", \"Width\": \"1280\","
    "\"Height\": \"720\", \"Fps\": \"25\", \"Bitrate\": \"1800\"},"
    "{\"Width\": \"1280\", \"CodecName\": \"mjpeg\"}],"
    "\"AudioStreamInfoList\": [{\"CodecName\": \"aac\", \"SampleRate\":"
    "\"48000\", \"Channels\": \"2\"}],"
    "\"SubtitleStreamInfoList\": [{}]}]}}";

static void
give_answer (Peer * peer, gpointer user_data)
{
  g_autofree gchar *head = peer_read_head (peer);

  if (head != NULL && peer_skip (peer, head_get_content_length (head)))
    peer_write (peer, answer);
}

static void
assert_member (JsonObject * object, const gchar * name, const gchar * value)
{
  g_assert_true (json_object_has_member (object, name));
  g_assert_cmpstr (json_object_get_string_member_with_default (object, name,
          NULL), ==, value);
}

/* All that there is about streams; what nobody said is not made up, and what
 * would move the cursor is a blank. */
static void
test_streams (void)
{
  g_autoptr (ToolFixture) fixture = tool_fixture_new (NULL);
  g_autoptr (Server) server = server_start (give_answer, NULL, NULL);
  g_autofree gchar *command = g_strdup_printf ("info media-1"
      " --ice-endpoint=http://127.0.0.1:%u", server_get_port (server));
  g_autofree gchar *as_json = g_strconcat (command, " --json", NULL);
  JsonArray *streams;
  JsonObject *video;

  tool_fixture_expect (fixture, 0, command);
  assert_says (fixture->out, "Gate [2J 7\n");
  assert_says (fixture->out, "duration    12.5 s\n");
  assert_says (fixture->out,
      "video       h264, 1280 x 720, 25 frames/s, 1800 kbit/s\n");
  assert_says (fixture->out, "video       mjpeg\n");
  assert_says (fixture->out, "audio       aac, 48000 Hz, 2 channels\n");
  assert_says (fixture->out, "subtitle    ?\n");
  g_assert_null (strstr (fixture->out, "size"));

  tool_fixture_expect (fixture, 0, as_json);
  streams = json_object_get_array_member (tool_fixture_get_json (fixture),
      "streams");
  g_assert_cmpuint (json_array_get_length (streams), ==, 4);
  video = json_array_get_object_element (streams, 0);
  assert_member (video, "kind", "video");
  assert_member (video, "codec", "h264");
  assert_member (video, "width", "1280");
  assert_member (video, "height", "720");
  assert_member (video, "fps", "25");
  assert_member (video, "sample-rate", NULL);
  assert_member (video, "channels", NULL);
  assert_member (video, "bitrate", "1800");
  assert_member (json_array_get_object_element (streams, 2), "sample-rate",
      "48000");
  assert_member (json_array_get_object_element (streams, 3), "codec", NULL);
  g_assert_true (json_object_get_null_member (tool_fixture_get_json (fixture),
          "size"));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tool/info/whole-way", test_whole_way);
  g_test_add_func ("/tool/info/json", test_json);
  g_test_add_func ("/tool/info/keeps-secrets", test_log);
  g_test_add_func ("/tool/info/nothing-yet", test_nothing_yet);
  g_test_add_func ("/tool/info/failed", test_failed);
  g_test_add_func ("/tool/info/unknown-status", test_unknown_status);
  g_test_add_func ("/tool/info/waits-trouble-out", test_trouble);
  g_test_add_func ("/tool/info/refused", test_refused);
  g_test_add_func ("/tool/info/wrong-usage", test_usage);
  g_test_add_func ("/tool/info/streams", test_streams);

  return g_test_run ();
}
