/* The charts, drawn by ECharts as SVG. Amounts are exact texts; a number is made of one only to place a bar. */
"use strict";
(() => {
  const { data, amountText } = Pack;
  const INK = "#22303f";
  const MUTED = "#5a6a7b";
  const LINE = "#e2e7ed";
  const FONT = getComputedStyle(document.body).fontFamily;
  const TONES = {
    recognized: ["#1d4e79", "#86aacb", "#cbdaea"],
    "run-off": ["#2b7a78"],
    bridge: ["#1d4e79", "#2e7d5b", "#b4532a"],
    cohorts: ["#12395b", "#1d5c8a", "#3b86ad", "#6fb0c4", "#a9d2d5", "#dfe6c8"],
  };
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const MAX_NAMED = 14;
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  const major = (minor) => Number(minor) / 10 ** data.exponent;

  /** Names along the axis: of few months each one's, with the year below where it begins; of many some, in one line. */
  function axisNames(categories) {
    const few = categories.length <= MAX_NAMED;
    return categories.map((category, place) => {
      const month = /^(\d{4})-(\d{2})$/.exec(category);
      if (!month) return category.replace(" ", "\n");
      const name = MONTHS[Number(month[2]) - 1];
      if (!few) return `${name} ${month[1].slice(2)}`;
      return place === 0 || month[2] === "01" ? `${name}\n${month[1]}` : name;
    });
  }

  function tooltip(chart) {
    return {
      trigger: "axis",
      axisPointer: { type: "shadow", shadowStyle: { color: "rgba(29, 78, 121, 0.06)" } },
      // drawn as SVG text: no HTML is made of any name
      renderMode: "richText",
      backgroundColor: "#ffffff",
      borderColor: LINE,
      textStyle: { color: INK, fontSize: 12, fontFamily: FONT },
      confine: true,
      formatter: (points) => {
        const place = points[0].dataIndex;
        const lines = chart.series
          .filter((each) => chart.kind === "bridge" || each.amounts[place] !== "0")
          .map((each) => `${each.name}  ${amountText(BigInt(each.amounts[place]))}`);
        return [chart.categories[place], ...lines].join("\n");
      },
    };
  }

  function frame(chart, labels) {
    return {
      animation: false,
      textStyle: { fontFamily: FONT, color: INK },
      grid: { left: 4, right: 8, top: chart.series.length > 1 ? 34 : 14, bottom: 2, containLabel: true },
      legend: { show: chart.series.length > 1, left: 0, top: 0, itemWidth: 10, itemHeight: 10, itemGap: 10, textStyle: { color: MUTED, fontSize: 11 } },
      tooltip: tooltip(chart),
      xAxis: {
        type: "category",
        data: labels,
        axisTick: { show: false },
        axisLine: { lineStyle: { color: "#b8c2cd" } },
        axisLabel: { color: MUTED, fontSize: 10.5, lineHeight: 14, hideOverlap: true, interval: chart.categories.length <= MAX_NAMED ? 0 : "auto" },
      },
      yAxis: {
        type: "value",
        splitNumber: 4,
        axisLabel: { color: MUTED, fontSize: 10.5, formatter: (value) => compact.format(value) },
        splitLine: { lineStyle: { color: LINE } },
      },
    };
  }

  const bar = (name, color, values, more = {}) => ({
    type: "bar", stack: "all", name, data: values, color, barCategoryGap: "28%", emphasis: { disabled: true }, ...more,
  });

  function stacked(chart) {
    const series = chart.series.map((each, place) => bar(each.name, TONES[chart.name][place], each.amounts.map((minor) => major(BigInt(minor)))));
    return { ...frame(chart, axisNames(chart.categories)), series };
  }

  /** Floating bars: what lies below each is drawn without colour. Where a step crosses zero it has a part on each side. */
  function bridge(chart) {
    const amounts = chart.series[0].amounts.map(BigInt);
    const last = amounts.length - 1;
    let level = 0n;
    const steps = amounts.map((amount, place) => {
      const isBalance = place === 0 || place === last;
      const [from, to] = isBalance ? [0n, amount] : [level, level + amount];
      level = to;
      const [low, high] = from < to ? [from, to] : [to, from];
      const base = low > 0n ? low : high < 0n ? high : 0n;
      return { base, up: high > 0n ? high - (low > 0n ? low : 0n) : 0n, down: low < 0n ? low - (high < 0n ? high : 0n) : 0n, tone: isBalance ? 0 : amount < 0n ? 2 : 1 };
    });
    const part = (name) => steps.map((step) => ({ value: major(step[name]), itemStyle: { color: TONES.bridge[step.tone] } }));
    const labels = chart.categories.map((name, place) => `${name}\n${amountText(amounts[place])}`);
    const clear = { itemStyle: { color: "transparent" }, silent: true };
    return {
      ...frame(chart, labels),
      series: [bar("base", "transparent", steps.map((step) => major(step.base)), clear), bar("up", TONES.bridge[0], part("up")), bar("down", TONES.bridge[0], part("down"))],
    };
  }

  const drawn = data.charts.map((chart) => {
    const made = echarts.init(document.getElementById(`chart-${chart.name}`), null, { renderer: "svg" });
    made.setOption(chart.kind === "bridge" ? bridge(chart) : stacked(chart));
    scale(made);
    return made;
  });

  /** With a view box, the drawing takes the width of its place on screen and on paper alike. */
  function scale(chart) {
    const svg = chart.getDom().querySelector("svg");
    svg.setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`);
  }

  // on paper two stand side by side: drawn smaller, their words stay readable
  const PAPER = { width: 460, height: 225 };
  const paper = window.matchMedia("print");
  function redraw() {
    for (const chart of drawn) {
      chart.resize(paper.matches ? PAPER : { width: "auto", height: "auto" });
      // now, not with the next frame: a printer does not wait for it
      chart.getZr().flush();
      scale(chart);
    }
  }
  paper.addEventListener("change", redraw);
  window.addEventListener("resize", redraw);
})();
