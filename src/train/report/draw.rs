//! Drawing charts as SVG with `plotters`.
//!
//! Shapes have the colours of a light page; the page's style sheet replaces them in dark mode
//! ([`crate::html::palette`]).

use plotters::chart::ChartContext;
use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::chart::{Chart, Mark, Points, Series};
use super::scale::Scale;
use crate::html::Colour;

/// `plotters` draws to whole pixels: this many per unit, for smooth lines.
const PIXELS: u32 = 10;

/// Height of the text, in units.
const TEXT: u32 = 15;

/// Lines of up to this many points have a dot on each.
const FEW: usize = 40;

type Drawing<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Scale, Scale>>;
type Failed = DrawingAreaErrorKind<std::io::Error>;

/// The content of the chart's `svg` element, whose `viewBox` is [`view_box`]; `None` if no point is
/// finite.
pub(super) fn draw(chart: &Chart) -> Option<Result<String, Failed>> {
    let points = chart.points();
    let x = chart.x.scale(points.iter().map(|point| point.0), 0.02)?;
    let y = chart.y.scale(points.iter().map(|point| point.1), 0.05)?;
    let mut svg = String::new();
    if let Err(error) = draw_on(&mut svg, chart, x, y) {
        return Some(Err(error));
    }
    let inside = svg.split_once("<svg").and_then(|(_, rest)| rest.split_once('>'));
    let inside = inside.and_then(|(_, rest)| rest.rsplit_once("</svg>"));
    inside.map(|(inside, _)| Ok(inside.trim().to_owned()))
}

pub(super) fn view_box(chart: &Chart) -> String {
    let [width, height] = chart.size;
    format!("0 0 {} {}", width * PIXELS, height * PIXELS)
}

fn draw_on(svg: &mut String, chart: &Chart, x: Scale, y: Scale) -> Result<(), Failed> {
    let [width, height] = chart.size.map(|side| side * PIXELS);
    let [columns, rows] = [chart.size[0] / 52, chart.size[1] / 40].map(|number| number as usize);
    let (x_ticks, y_ticks) = (x.ticks(columns), y.ticks(rows));
    let font = FontDesc::new(FontFamily::SansSerif, f64::from(TEXT * PIXELS), FontStyle::Normal);
    let labels = TextStyle { color: rgb(Colour::Muted).to_backend_color(), ..font.into() };
    let area = SVGBackend::with_string(svg, (width, height)).into_drawing_area();
    let widest = y_ticks.iter().map(|&tick| y.text(tick, &y_ticks).chars().count()).max();
    let mut drawing = ChartBuilder::on(&area)
        .margin_top((TEXT + 8) * PIXELS)
        .margin_right(12 * PIXELS)
        .x_label_area_size(36 * PIXELS)
        .y_label_area_size((widest.unwrap_or(0) as u32 * 7 + 10) * PIXELS)
        .build_cartesian_2d(x.clone(), y.clone())?;
    drawing
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(columns)
        .y_labels(rows)
        .light_line_style(TRANSPARENT)
        .bold_line_style(line(Colour::Grid, 1.0))
        .axis_style(line(Colour::Muted, 1.0))
        .set_all_tick_mark_size(4 * PIXELS)
        .label_style(labels.clone())
        .x_label_formatter(&|&tick| x.text(tick, &x_ticks))
        .y_label_formatter(&|&tick| y.text(tick, &y_ticks))
        .draw()?;
    for series in &chart.series {
        draw_series(&mut drawing, series)?;
    }
    drop(drawing);
    let above = labels.pos(Pos::new(HPos::Left, VPos::Top));
    area.draw(&Text::new(chart.y.label.clone(), (2 * PIXELS as i32, PIXELS as i32), above))?;
    let below = labels.pos(Pos::new(HPos::Right, VPos::Bottom));
    let corner = (width as i32 - 12 * PIXELS as i32, height as i32 - PIXELS as i32);
    area.draw(&Text::new(chart.x.label.clone(), corner, below))?;
    area.present()
}

fn draw_series(drawing: &mut Drawing, series: &Series) -> Result<(), Failed> {
    let colour = series.colour;
    match &series.mark {
        Mark::Line(points) => {
            for run in unbroken(points) {
                drawing.draw_series(LineSeries::new(run.iter().copied(), line(colour, 2.0)))?;
            }
            if points.len() <= FEW {
                draw_dots(drawing, points, 2.2, rgb(colour).filled())?;
            }
        }
        Mark::Dashed(points) => {
            for run in unbroken(points) {
                drawing.draw_series(DashedLineSeries::new(
                    run.iter().copied(),
                    6 * PIXELS,
                    4 * PIXELS,
                    line(colour, 2.0),
                ))?;
            }
            if points.len() == 1 {
                draw_dots(drawing, points, 2.2, rgb(colour).filled())?;
            }
        }
        Mark::Dots(points) => draw_dots(drawing, points, 5.0, rgb(colour).filled())?,
        Mark::Rings(points) => draw_dots(drawing, points, 6.0, line(colour, 2.0))?,
        Mark::Band(rows) => {
            let whole = |row: &(f64, f64, f64)| [row.0, row.1, row.2].iter().all(|v| v.is_finite());
            for run in rows.split(|row| !whole(row)).filter(|run| !run.is_empty()) {
                let above = run.iter().map(|&(x, _, high)| (x, high));
                let below = run.iter().rev().map(|&(x, low, _)| (x, low));
                let outline: Points = above.chain(below).collect();
                drawing.draw_series([Polygon::new(outline, rgb(colour).mix(0.25).filled())])?;
            }
        }
    }
    Ok(())
}

fn draw_dots(
    drawing: &mut Drawing,
    points: &[(f64, f64)],
    radius: f64,
    style: ShapeStyle,
) -> Result<(), Failed> {
    let radius = (radius * f64::from(PIXELS)) as i32;
    let finite = points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite());
    drawing.draw_series(finite.map(|point| Circle::new(point, radius, style)))?;
    Ok(())
}

/// The runs of finite points.
fn unbroken(points: &[(f64, f64)]) -> impl Iterator<Item = &[(f64, f64)]> {
    points.split(|(x, y)| !x.is_finite() || !y.is_finite()).filter(|run| !run.is_empty())
}

fn rgb(colour: Colour) -> RGBColor {
    colour.rgb()
}

fn line(colour: Colour, width: f64) -> ShapeStyle {
    rgb(colour).stroke_width((width * f64::from(PIXELS)) as u32)
}
