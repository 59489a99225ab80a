/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The streams and the source that plays them; see the header.
 *
 * Runs on: the test's thread encodes, unless a source is asked first; every
 * source has its own thread, which only reads.
 * Owns: the encoded buffers, to the end of the program. */

#include "muxer-feed.h"

#include <gst/base/gstpushsrc.h>
#include <stdlib.h>
#include <string.h>

#define VIDEO_OF(size) "videotestsrc num-buffers=30 pattern=snow" \
  " ! video/x-raw," size ",framerate=30/1 ! videoconvert ! "
#define VIDEO VIDEO_OF ("width=176,height=144")

/* For encoders that take their time. */
#define FEW "videotestsrc num-buffers=5 pattern=snow" \
  " ! video/x-raw,width=64,height=64,framerate=30/1 ! videoconvert ! "
#define SOUND_OF(rate, channels) "audiotestsrc num-buffers=50 wave=pink-noise" \
  " ! audioconvert ! audio/x-raw,rate=" #rate ",channels=" #channels \
  " ! audioconvert ! "
#define SOUND SOUND_OF (48000, 2)
#define H264 VIDEO "x264enc tune=zerolatency speed-preset=ultrafast" \
  " key-int-max=30 bitrate=2900 ! h264parse ! video/x-h264,alignment=au,"

typedef struct
{
  const gchar *name;
  const gchar *description;

  /*< private >*/
  GstCaps *caps;                /* (owned) */
  GPtrArray *buffers;           /* (element-type GstBuffer) (owned) */
  GstClockTime start;
  GstClockTime span;
  guint64 bytes;
  gsize encoded;
} Feed;

static Feed feeds[] = {
  {"h264", H264 "stream-format=avc"},
  {"h264-bytes", H264 "stream-format=byte-stream"},
  {"h265", VIDEO "x265enc speed-preset=ultrafast tune=zerolatency"
        " bitrate=2000 ! h265parse ! video/x-h265,stream-format=hvc1,"
        "alignment=au"},
  {"jpeg", VIDEO "jpegenc quality=90 ! jpegparse"},
  {"png", FEW "pngenc"},
  {"mpeg4", VIDEO "avenc_mpeg4 bitrate=3000000 ! mpeg4videoparse"},
  {"mpeg2", VIDEO "mpeg2enc format=3 bitrate=4000 ! mpegvideoparse"},
  {"mpeg1", VIDEO "mpeg2enc format=0 bitrate=1150 ! mpegvideoparse"},
  {"h261", VIDEO_OF ("width=352,height=288") "avenc_h261 bitrate=3000000"},
  {"h263", VIDEO "avenc_h263 bitrate=3000000 ! h263parse"},
  {"theora", VIDEO "theoraenc quality=63"},
  {"vp8", VIDEO "vp8enc deadline=1 target-bitrate=4000000"},
  {"vp9", VIDEO "vp9enc deadline=1 cpu-used=8 target-bitrate=4000000"},
  {"av1", FEW "av1enc cpu-used=8"
        " target-bitrate=1000 ! av1parse"},
  {"wmv1", VIDEO "avenc_wmv1 bitrate=3000000"},
  {"wmv2", VIDEO "avenc_wmv2 bitrate=3000000"},
  {"flv1", VIDEO "avenc_flv bitrate=3000000"},
  {"rv10", VIDEO "avenc_rv10 bitrate=3000000"},
  {"rv20", VIDEO "avenc_rv20 bitrate=3000000"},
  {"amv", VIDEO "avenc_amv"},
  {"dv", "videotestsrc num-buffers=5 pattern=snow"
        " ! video/x-raw,format=I420,width=720,height=576,framerate=25/1"
        " ! avenc_dvvideo"},
  {"j2k", FEW "openjpegenc ! jpeg2000parse ! image/x-jpc"},
  {"dnxhd", "videotestsrc num-buffers=2 pattern=snow"
        " ! video/x-raw,format=Y42B,width=1920,height=1080,framerate=25/1"
        " ! avenc_dnxhd bitrate=120000000"},
  {"ffv1", FEW "avenc_ffv1"},
  {"cinepak", FEW "avenc_cinepak"},
  {"roq-video", FEW "avenc_roqvideo"},
  {"bmp", VIDEO "avenc_bmp"},
  {"webp", FEW "webpenc"},
  {"video", VIDEO "video/x-raw,format=I420"},
  {"video-rgb", VIDEO "video/x-raw,format=RGBA"},
  {"aac", SOUND "avenc_aac bitrate=128000 ! aacparse"
        " ! audio/mpeg,stream-format=raw"},
  {"aac-adts", SOUND "avenc_aac bitrate=128000 ! aacparse"
        " ! audio/mpeg,stream-format=adts"},
  {"mp3", SOUND "lamemp3enc target=bitrate bitrate=320 ! mpegaudioparse"},
  {"mp3-44", SOUND_OF (44100, 2) "lamemp3enc target=bitrate bitrate=320"
        " ! mpegaudioparse"},
  {"mp2", SOUND "avenc_mp2 bitrate=256000 ! mpegaudioparse"},
  {"ac3", SOUND "avenc_ac3 ! ac3parse"},
  {"eac3", SOUND "avenc_eac3 ! ac3parse"},
  {"dts", SOUND "avenc_dca strict=experimental bitrate=768000"
        " ! dcaparse"},
  {"truehd", SOUND "avenc_truehd strict=experimental"},
  {"vorbis", SOUND "vorbisenc quality=1"},
  {"opus", SOUND "opusenc bitrate=256000 ! opusparse"},
  {"flac", SOUND "flacenc ! flacparse"},
  {"speex", SOUND_OF (32000, 1) "speexenc"},
  {"pcm", SOUND "audio/x-raw,format=S16LE"},
  {"pcm-be", SOUND "audio/x-raw,format=S16BE"},
  {"pcm-24", SOUND "audio/x-raw,format=S24LE"},
  {"pcm-u8", SOUND_OF (22050, 1) "audio/x-raw,format=U8"},
  {"pcm-s8", SOUND_OF (22050, 1) "audio/x-raw,format=S8"},
  {"pcm-float", SOUND "audio/x-raw,format=F32LE"},
  {"pcm-mono", SOUND_OF (48000, 1) "audio/x-raw,format=S16LE"},
  {"pcm-daud", SOUND_OF (96000, 6) "audio/x-raw,format=S24BE"},
  {"alaw", SOUND_OF (8000, 1) "alawenc"},
  {"mulaw", SOUND_OF (8000, 1) "mulawenc"},
  {"amr", SOUND_OF (8000, 1) "amrnbenc"},
  {"amr-wb", SOUND_OF (16000, 1) "voamrwbenc"},
  {"adpcm-dvi", SOUND "adpcmenc layout=dvi"},
  {"adpcm-ms", SOUND "avenc_adpcm_ms"},
  {"adpcm-ima", SOUND "avenc_adpcm_ima_wav"},
  {"adpcm-qt", SOUND "avenc_adpcm_ima_qt"},
  {"adpcm-swf", SOUND_OF (44100, 2) "avenc_adpcm_swf"},
  {"adpcm-yamaha", SOUND_OF (44100, 1) "avenc_adpcm_yamaha"},
  {"adpcm-adx", SOUND_OF (44100, 2) "avenc_adpcm_adx"},
  {"adpcm-westwood", SOUND_OF (22050, 1) "avenc_adpcm_ima_ws"},
  {"adpcm-amv", SOUND_OF (22050, 1) "avenc_adpcm_ima_amv"},
  {"adpcm-ssi", SOUND_OF (22050, 1) "avenc_adpcm_ima_ssi"},
  {"adpcm-g726", SOUND_OF (8000, 1) "avenc_g726"},
  {"g722", SOUND_OF (16000, 1) "avenc_g722"},
  {"g723", SOUND_OF (8000, 1) "avenc_g723_1 bitrate=6300"},
  {"roq-sound", SOUND_OF (22050, 2) "avenc_roq_dpcm"},
  {"gsm", SOUND_OF (8000, 1) "gsmenc"},
  {"sbc", SOUND "sbcenc"},
  {"aptx", SOUND "openaptxenc ! audio/aptx"},
  {"wma1", SOUND_OF (44100, 2) "avenc_wmav1"},
  {"wma2", SOUND_OF (44100, 2) "avenc_wmav2"},
  {"real-144", SOUND_OF (8000, 1) "avenc_real_144"},
  {"alac", SOUND "avenc_alac"},
  {"tta", SOUND "avenc_tta"},
  {"wavpack", SOUND "wavpackenc ! wavpackparse"},
  {"s302m", SOUND "avenc_s302m strict=experimental"},
  {"mlp", SOUND "avenc_mlp strict=experimental"},
  {"nellymoser", SOUND_OF (44100, 1) "avenc_nellymoser"},
  {"pcm-32", SOUND "audio/x-raw,format=S32LE"},
  {"kate", "dataurisrc uri=\"data:application/x-subtitle,"
        "1%0A00:00:00,000%20--%3E%2000:00:01,000%0AText%0A%0A\""
        " ! subparse ! kateenc category=SUB language=en"},
  {"rtp", SOUND_OF (8000, 1) "mulawenc ! rtppcmupay"},
};

#define N_FEEDS G_N_ELEMENTS (feeds)

/* ---- encoding ---- */

static gboolean
is_header (GstBuffer * buffer)
{
  return GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER)
      && (!GST_BUFFER_DURATION_IS_VALID (buffer)
      || GST_BUFFER_DURATION (buffer) == 0);
}

static void
take_sample (Feed * feed, GstSample * sample)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstClockTime pts = GST_BUFFER_PTS (buffer);

  gst_caps_replace (&feed->caps, gst_sample_get_caps (sample));
  if (is_header (buffer) || !GST_CLOCK_TIME_IS_VALID (pts)) {
    g_ptr_array_add (feed->buffers, gst_buffer_ref (buffer));
    return;
  }

  if (feed->bytes == 0)
    feed->start = MIN (pts, GST_BUFFER_DTS (buffer));
  feed->bytes += gst_buffer_get_size (buffer);
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    feed->span = pts - feed->start + GST_BUFFER_DURATION (buffer);
  else
    feed->span = MAX (feed->span, pts - feed->start);
  g_ptr_array_add (feed->buffers, gst_buffer_ref (buffer));
}

static void
encode (Feed * feed)
{
  g_autofree gchar *description = g_strconcat (feed->description,
      " ! appsink name=end sync=false", NULL);
  g_autoptr (GstElement) pipeline =
      gst_parse_launch_full (description, NULL, GST_PARSE_FLAG_FATAL_ERRORS,
      NULL);
  g_autoptr (GstElement) end = NULL;
  GstSample *sample;

  if (pipeline == NULL)
    return;

  feed->buffers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  end = gst_bin_get_by_name (GST_BIN (pipeline), "end");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (;;) {
    g_signal_emit_by_name (end, "try-pull-sample", 30 * GST_SECOND, &sample);
    if (sample == NULL)
      break;
    take_sample (feed, sample);
    gst_sample_unref (sample);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* The stream, encoded; NULL if there is no such or nothing encodes it. */
static Feed *
get_feed (const gchar * name)
{
  guint i;

  for (i = 0; i < N_FEEDS && strcmp (feeds[i].name, name) != 0; i++);
  if (i == N_FEEDS)
    return NULL;

  if (g_once_init_enter (&feeds[i].encoded)) {
    encode (&feeds[i]);
    g_once_init_leave (&feeds[i].encoded, 1);
  }

  return feeds[i].span > 0 ? &feeds[i] : NULL;
}

const gchar *const *
muxer_feed_get_names (void)
{
  static const gchar *names[N_FEEDS + 1];
  guint i;

  for (i = 0; i < N_FEEDS; i++)
    names[i] = feeds[i].name;

  return names;
}

gboolean
muxer_feed_is_available (const gchar * name)
{
  return get_feed (name) != NULL;
}

GstCaps *
muxer_feed_get_caps (const gchar * name)
{
  return get_feed (name)->caps;
}

GstClockTime
muxer_feed_get_duration (const gchar * names, guint64 bytes)
{
  g_auto (GStrv) words = g_strsplit (names, " ", -1);
  gdouble rate = 0;
  guint i;

  for (i = 0; words[i] != NULL; i++) {
    Feed *feed = get_feed (words[i]);

    rate += feed->bytes * 1.0 / feed->span;
  }

  return bytes / rate;
}

gchar *
muxer_feed_describe (const gchar * names, GstClockTime duration,
    const gchar * into)
{
  g_auto (GStrv) words = g_strsplit (names, " ", -1);
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; words[i] != NULL; i++)
    g_string_append_printf (text, " muxerfeed stream=%s duration=%"
        G_GUINT64_FORMAT " ! %s.", words[i], duration, into);

  return g_string_free (text, FALSE);
}

/* ---- the source ---- */

#define MUXER_TYPE_SOURCE (muxer_source_get_type ())
G_DECLARE_FINAL_TYPE (MuxerSource, muxer_source, MUXER, SOURCE, GstPushSrc)

struct _MuxerSource
{
  GstPushSrc parent;

  guint64 duration;             /* written before it plays */

  Feed *feed;                   /* (unowned) */
  guint next;                   /* index of the buffer that comes next */
  guint round;
};

G_DEFINE_TYPE (MuxerSource, muxer_source, GST_TYPE_PUSH_SRC)

typedef enum
{
  PROP_STREAM = 1,
  PROP_DURATION,
} MuxerSourceProperty;

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

static GstCaps *
muxer_source_get_caps (GstBaseSrc * src, GstCaps * filter)
{
  MuxerSource *self = MUXER_SOURCE (src);

  if (self->feed == NULL)
    return gst_caps_new_any ();
  if (filter == NULL)
    return gst_caps_ref (self->feed->caps);

  return gst_caps_intersect (self->feed->caps, filter);
}

static gboolean
muxer_source_start (GstBaseSrc * src)
{
  MuxerSource *self = MUXER_SOURCE (src);

  self->next = 0;
  self->round = 0;

  return self->feed != NULL;
}

static GstClockTime
move_time (MuxerSource * self, GstClockTime time)
{
  if (!GST_CLOCK_TIME_IS_VALID (time))
    return time;

  return time - self->feed->start + self->round * self->feed->span;
}

static GstBuffer *
take_next (MuxerSource * self)
{
  GPtrArray *buffers = self->feed->buffers;
  GstBuffer *next;

  do {
    if (self->next == buffers->len) {
      self->next = 0;
      self->round++;
    }
    next = g_ptr_array_index (buffers, self->next++);
  } while (self->round > 0 && (is_header (next)
          || !GST_BUFFER_PTS_IS_VALID (next)));

  return gst_buffer_copy (next);
}

static GstFlowReturn
muxer_source_create (GstPushSrc * src, GstBuffer ** buffer)
{
  MuxerSource *self = MUXER_SOURCE (src);
  GstBuffer *next = take_next (self);

  GST_BUFFER_PTS (next) = move_time (self, GST_BUFFER_PTS (next));
  GST_BUFFER_DTS (next) = move_time (self, GST_BUFFER_DTS (next));
  if (GST_BUFFER_PTS_IS_VALID (next)
      && GST_BUFFER_PTS (next) >= self->duration) {
    gst_buffer_unref (next);
    return GST_FLOW_EOS;
  }
  *buffer = next;

  return GST_FLOW_OK;
}

static void
muxer_source_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  MuxerSource *self = MUXER_SOURCE (object);

  switch ((MuxerSourceProperty) id) {
    case PROP_STREAM:
      self->feed = get_feed (g_value_get_string (value));
      break;
    case PROP_DURATION:
      self->duration = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
muxer_source_class_init (MuxerSourceClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);

  object_class->set_property = muxer_source_set_property;
  base_class->get_caps = muxer_source_get_caps;
  base_class->start = muxer_source_start;
  GST_PUSH_SRC_CLASS (klass)->create = muxer_source_create;

  g_object_class_install_property (object_class, PROP_STREAM,
      g_param_spec_string ("stream", "Stream", "Name of the stream", NULL,
          G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_DURATION,
      g_param_spec_uint64 ("duration", "Duration", "How much of it", 0,
          G_MAXUINT64, GST_SECOND, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Feed for muxers",
      "Source", "Plays an encoded stream over and over",
      "The icesink developers");
}

static void
muxer_source_init (MuxerSource * self)
{
  self->duration = GST_SECOND;
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
}

/* ---- the end ---- */

/* Likewise for LeakSanitizer, which asks by this name. What icesink does is for
 * the other tests to find. */
const char *__asan_default_options (void);

const char *
__asan_default_options (void)
{
  return "detect_leaks=0";
}

void
muxer_feed_let_leak (void)
{
  g_unsetenv ("GST_TRACERS");
}

static void
free_feeds (void)
{
  guint i;

  for (i = 0; i < N_FEEDS; i++) {
    gst_clear_caps (&feeds[i].caps);
    g_clear_pointer (&feeds[i].buffers, g_ptr_array_unref);
  }
}

void
muxer_feed_register (void)
{
  atexit (free_feeds);
  gst_element_register (NULL, "muxerfeed", GST_RANK_NONE, MUXER_TYPE_SOURCE);
}
